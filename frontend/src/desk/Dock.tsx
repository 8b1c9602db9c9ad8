/** The bottom of the page: where one types, and where a call lives while it lasts. */
import type { ReactNode } from 'react'
import type { Config } from '../api/types'
import { CallPanel } from '../call/CallPanel'
import type { CallController } from '../call/controller'
import { isOpen, type Call } from '../call/machine'
import { Notice } from './Notice'
import { agentName, agentStyle, useAgentList } from './agents'
import { PhoneIcon } from './icons'

interface DockProps {
  readonly config: Config
  readonly call: Call
  readonly controller: CallController
  readonly agentId: string
  readonly onCall: () => void
  /** Arrived by the /voice address: the call is offered before the text field. */
  readonly callFirst: boolean
  /** The text field. */
  readonly children: ReactNode
}

export function Dock({ config, call, controller, agentId, onCall, callFirst, children }: DockProps) {
  const agents = useAgentList()
  const name = agentName(agents, agentId)
  const open = isOpen(call)
  const failed = call.phase.name === 'failed' ? call.phase.trouble : null
  const offer = callFirst && !open && !failed
  return (
    <footer style={agentStyle(agents, agentId)} className="agent-colours px-[18px] pb-[max(16px,env(safe-area-inset-bottom))] desk:px-8 desk:pb-6">
      <section aria-label={open ? 'Call' : 'Write or call'} className="mx-auto max-w-[690px] rounded-[20px] border border-line bg-sheet px-4 pt-3.5 pb-3 shadow-[0_8px_30px_#0000000d]">
        {open && <CallPanel call={call} controller={controller} agentId={agentId} />}
        {failed && (
          <div className="mb-3">
            <Notice happened={failed.happened} sentences={[failed.remedy]}>
              <button type="button" className="button" onClick={onCall}>
                Call again
              </button>
              <button type="button" className="button" onClick={() => controller.hangUp()}>
                Dismiss
              </button>
            </Notice>
          </div>
        )}
        {!config.voice.configured && <Missing what="Calls are not set up" remedy={config.voice.remedy} />}
        {!config.chat.configured && <Missing what="Typed answers are not set up" remedy={config.chat.remedy} />}
        {offer && config.voice.configured && (
          <div data-call="offered" className="mb-3 flex flex-wrap items-center justify-between gap-3">
            <p className="text-[13px] text-soft">
              <strong className="font-semibold text-agent">{name} is ready to talk</strong> · your browser will ask for the microphone
            </p>
            <button type="button" className="button border-agent bg-agent text-paper hover:bg-agent" onClick={onCall}>
              <PhoneIcon />
              Call {name}
            </button>
          </div>
        )}
        <div className={`flex items-end justify-end gap-2.5 ${open ? 'mt-2.5 max-sm:flex-wrap' : ''}`}>
          {children}
          {open ? (
            <>
              <button type="button" className="button" aria-pressed={call.muted} onClick={() => controller.setMuted(!call.muted)}>
                {call.muted ? 'Unmute' : 'Mute'}
              </button>
              <button type="button" className="button border-alert bg-alert text-on-alert hover:opacity-90 hover:not-disabled:bg-alert" onClick={() => controller.hangUp()}>
                End call
              </button>
            </>
          ) : (
            config.voice.configured &&
            !offer && (
              <button type="button" className="button" onClick={onCall} aria-label={`Call ${name}`}>
                <PhoneIcon />
                <span className="max-sm:hidden">Call {name}</span>
              </button>
            )
          )}
        </div>
      </section>
    </footer>
  )
}

function Missing({ what, remedy }: { what: string; remedy: string | null | undefined }) {
  return (
    <p data-missing className="mb-3 text-[13px] text-soft">
      <strong className="font-semibold text-ink">{what}.</strong> {remedy}
    </p>
  )
}
