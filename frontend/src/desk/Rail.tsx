/** The left side: the house's sign, a new conversation, earlier ones by day, and where one is. */
import { useState } from 'react'
import type { Config, Episode } from '../api/types'
import { asProblem } from '../api/problems'
import { useEpisodes } from '../api/queries'
import { EpisodeSearch } from '../memory/EpisodeSearch'
import { SearchField } from '../memory/SearchField'
import { signInWay, usePerson, useWho } from '../session/signIn'
import { useTheme } from '../session/theme'
import { Notice } from './Notice'
import { agentName, useAgentList } from './agents'
import { Mark } from './icons'
import { useOpenEpisode } from './openEpisode'
import { channelWords, dayGroup } from './words'

interface RailProps {
  readonly config: Config
  readonly sessionId: string
  readonly onNew: () => void
}

export function Rail({ config, sessionId, onNew }: RailProps) {
  const [words, setWords] = useState('')
  const wanted = words.trim()
  return (
    <nav aria-label="Conversations" className="flex h-full flex-col gap-[22px] px-4 py-[22px]">
      <p className="flex items-center gap-2.5 text-[17px] font-[650] tracking-[-0.01em]">
        <Mark />
        Engram
      </p>
      <button type="button" onClick={onNew} className="rounded-[10px] border border-line bg-sheet px-3 py-[9px] text-left font-[550] hover:bg-you-wash">
        New conversation
      </button>
      {config.memory?.enabled !== false && (
        <div className="-mt-3">
          <SearchField label="Search what was said" words={words} onWords={setWords} />
        </div>
      )}
      {wanted === '' ? <Episodes sessionId={sessionId} /> : <EpisodeSearch words={wanted} />}
      <Foot config={config} />
    </nav>
  )
}

function Episodes({ sessionId }: { sessionId: string }) {
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useEpisodes(useWho())
  const episodes = data?.pages.flatMap((page) => page.episodes) ?? []
  const groups = byDay(episodes)
  return (
    <div className="-mx-2 flex min-h-0 flex-1 flex-col gap-[18px] overflow-y-auto px-2">
      {isPending && <p className="quiet px-2">Loading earlier conversations…</p>}
      {error && (
        <Notice happened="Earlier conversations could not be loaded." sentences={[asProblem(error).remedy]} role="status">
          <button type="button" className="button" onClick={() => void refetch()}>
            Retry
          </button>
        </Notice>
      )}
      {data && episodes.length === 0 && <p className="quiet px-2">What you say and type will be listed here.</p>}
      {[...groups].map(([group, members]) => (
        <section key={group} aria-label={group}>
          <h2 className="label mb-2 px-0.5">{group}</h2>
          <ul>
            {members.map((episode) => (
              <li key={episode.id}>
                <EpisodeLink episode={episode} current={episode.id === sessionId} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {hasNextPage && (
        <button type="button" className="button self-start" aria-disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Loading…' : 'Show earlier ones'}
        </button>
      )}
    </div>
  )
}

/** The episodes under their day's heading, in the order in which the headings first appear. */
function byDay(episodes: readonly Episode[]): Map<string, Episode[]> {
  const groups = new Map<string, Episode[]>()
  for (const episode of episodes) {
    const group = dayGroup(episode.updated_at)
    groups.set(group, [...(groups.get(group) ?? []), episode])
  }
  return groups
}

function EpisodeLink({ episode, current }: { episode: Episode; current: boolean }) {
  const agents = useAgentList()
  const openEpisode = useOpenEpisode()
  const about = [episode.agents.map((id) => agentName(agents, id)).join(', '), channelWords(episode.channels)].filter(Boolean).join(' · ')
  return (
    <button
      type="button"
      aria-current={current ? 'true' : undefined}
      onClick={() => openEpisode(episode.id)}
      className="-mx-0.5 block w-[calc(100%+4px)] rounded-[10px] px-2.5 py-2 text-left hover:bg-you-wash aria-[current]:bg-sheet aria-[current]:shadow-[0_0_0_1px_var(--line)]"
    >
      <span className="block truncate font-[550]">{episode.title || 'Untitled'}</span>
      <span className="quiet block truncate">{about}</span>
    </button>
  )
}

const THEME_WORDS = { system: 'as your system', light: 'light', dark: 'dark' } as const

function Foot({ config }: { config: Config }) {
  const person = usePerson()
  const [theme, nextTheme] = useTheme()
  return (
    <div className="flex items-center gap-2.5 text-[13px] text-soft">
      {person && (
        <span aria-hidden="true" className="grid size-[30px] place-items-center rounded-full bg-you-wash font-semibold text-ink">
          {person.name.charAt(0)}
        </span>
      )}
      <div className="min-w-0 flex-1">
        {person && (
          <p className="truncate">
            {person.name} · {person.detail}
          </p>
        )}
        <p className="capitalize">{config.environment}</p>
        <p className="flex flex-wrap gap-x-3">
          <button type="button" onClick={nextTheme} className="min-h-6 underline underline-offset-2 hover:text-ink">
            Colours: {THEME_WORDS[theme]}
          </button>
          {person && (
            <button type="button" onClick={() => void signInWay().signOut()} className="min-h-6 underline underline-offset-2 hover:text-ink">
              Sign out
            </button>
          )}
        </p>
      </div>
    </div>
  )
}
