/** The top of the column: whom one talks to, and what one should know about it. */
import type { Config } from '../api/types'
import { usePerson } from '../session/signIn'
import { agentStyle, useAgentList } from './agents'
import { ListIcon, MemoryIcon } from './icons'

interface HeaderProps {
  readonly config: Config
  readonly agentId: string
  readonly onAgent: (id: string) => void
  readonly onShowRail: () => void
  readonly onShowDetails: () => void
}

export function Header({ config, agentId, onAgent, onShowRail, onShowDetails }: HeaderProps) {
  const person = usePerson()
  return (
    <header className="flex items-center justify-between gap-3 px-[18px] py-4 desk:px-8">
      <div className="flex min-w-0 items-center gap-2">
        <IconButton label="Conversations" onClick={onShowRail}>
          <ListIcon />
        </IconButton>
        <AgentSwitch agentId={agentId} onAgent={onAgent} />
      </div>
      <div className="flex items-center gap-4 text-[13px] text-soft">
        {config.recording?.enabled === false && <span className="max-desk:hidden">Not recorded</span>}
        {config.memory?.enabled === true && <span className="max-sm:hidden">Memory on</span>}
        {person && (
          <span data-account title={person.detail} className="max-w-40 truncate max-sm:sr-only">
            <span className="sr-only">Signed in as </span>
            {person.name}
          </span>
        )}
        <IconButton label="What they know" onClick={onShowDetails}>
          <MemoryIcon />
        </IconButton>
      </div>
    </header>
  )
}

/** Where the side panels have fallen away, a button opens each. */
function IconButton({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <button type="button" onClick={onClick} aria-label={label} title={label} aria-haspopup="dialog" className="grid size-10 shrink-0 place-items-center rounded-full text-soft hover:bg-you-wash hover:text-ink desk:hidden">
      {children}
    </button>
  )
}

export function AgentSwitch({ agentId, onAgent }: { agentId: string; onAgent: (id: string) => void }) {
  const agents = useAgentList()
  return (
    <div role="radiogroup" aria-label="Who you are talking to" className="inline-flex min-w-0 rounded-full bg-you-wash p-[3px]">
      {agents.map((agent) => (
        <label
          key={agent.id}
          title={agent.title}
          style={agentStyle(agents, agent.id)}
          className="agent-colours relative flex min-h-[38px] items-center gap-2 rounded-full px-3.5 py-1.5 font-[550] text-soft has-checked:bg-sheet has-checked:text-ink has-checked:shadow-[0_1px_2px_#0002] has-focus-visible:outline-2 has-focus-visible:outline-ink"
        >
          {/* The browser's own radio lies unseen over its label: arrow keys, touch and switch devices work by themselves. */}
          <input
            type="radio"
            name="agent"
            value={agent.id}
            checked={agent.id === agentId}
            onChange={() => onAgent(agent.id)}
            aria-label={agent.name}
            className="absolute inset-0 size-full cursor-pointer appearance-none rounded-full outline-none"
          />
          <span aria-hidden="true" className="size-[9px] rounded-full bg-agent" />
          {agent.name}
        </label>
      ))}
    </div>
  )
}
