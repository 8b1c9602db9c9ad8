/** The one page: rail, column of talk, side panel, dock. Chat and voice are the same conversation on it. */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Config } from '../api/types'
import { isOpen, type CallPhase } from '../call/machine'
import { useCall } from '../call/useCall'
import { Talk } from '../conversation/Talk'
import { storedAnswers, type Turn } from '../conversation/turns'
import { useConversation } from '../conversation/useConversation'
import { useFollowing } from '../conversation/useFollowing'
import { useNoted } from '../memory/useNoted'
import { keepDraft, keptDraft } from '../session/draft'
import { openSession, startNewSession, useSessionId } from '../session/sessionId'
import { Composer } from './Composer'
import { Dock } from './Dock'
import { EndCallQuestion } from './EndCallQuestion'
import { Header } from './Header'
import { LapsedNotice } from './LapsedNotice'
import { Notice } from './Notice'
import { Rail } from './Rail'
import { Sheet } from './Sheet'
import { SidePanel } from './SidePanel'
import { agentName, useAgentList } from './agents'
import { AnnounceContext, Announcer, useAnnouncer } from './announcer'
import { OpenEpisodeContext } from './openEpisode'
import { isWide } from './width'

type Target = { sessionId: string; turnId: string | undefined } | 'new'

export function Desk({ config, callFirst }: { config: Config; callFirst: boolean }) {
  const agents = useAgentList()
  const sessionId = useSessionId()
  const [agentId, setAgentId] = useState(() => agents.find(({ id }) => id === 'elena')?.id ?? agents[0]?.id ?? 'elena')
  /** Chosen during a call and not yet confirmed by the service. */
  const [pendingAgent, setPendingAgent] = useState<string | null>(null)
  const [text, setText] = useState(keptDraft)
  const [sheet, setSheet] = useState<'rail' | 'details' | 'why' | null>(null)
  const [asked, setAsked] = useState<Target | null>(null)
  const [wanted, setWanted] = useState<string | null>(null)
  const [said, announce] = useAnnouncer()
  const onStored = useNoted(
    announce,
    useCallback(() => isWide() || sheet === 'details' || sheet === 'why', [sheet]),
  )
  const talk = useConversation(sessionId, announce, onStored, setAgentId)
  const why = useWhyChoice(storedAnswers(talk.conversation))
  const { call, controller, lastTurn } = useCall({
    onConversation: talk.dispatch,
    onAgent: (id) => {
      setAgentId(id)
      setPendingAgent(null)
    },
    onSettled: talk.settle,
    onMissed: talk.catchUp,
  })
  const live = call.phase.name === 'live'
  const { catchUp } = talk
  useFollowing(sessionId, !isOpen(call) || call.away !== null, catchUp)
  const name = agentName(agents, agentId)

  useCallAnnouncements(call.phase, name, announce)
  useGoToTurn(wanted, talk.conversation.turns, () => setWanted(null))
  useEffect(() => keepDraft(''), [])

  const go = (target: Target) => {
    controller.hangUp()
    talk.stop()
    setSheet(null)
    setAsked(null)
    if (target === 'new') {
      startNewSession()
      return
    }
    setWanted(target.turnId ?? null)
    openSession(target.sessionId)
  }

  const goOrAsk = (target: Target) => {
    const elsewhere = target === 'new' || target.sessionId !== sessionId
    if (isOpen(call) && elsewhere) setAsked(target)
    else if (elsewhere) go(target)
    else {
      setSheet(null)
      setWanted(target.turnId ?? null)
      // What was typed a moment ago stands on the page without the store's id.
      if (target.turnId !== undefined && !document.getElementById(`turn-${target.turnId}`)) talk.settle()
    }
  }

  const askWhy = (storedId: string) => {
    why.choose(storedId)
    if (!isWide()) setSheet('why')
  }

  const chooseAgent = (id: string) => {
    if (live) setPendingAgent(id)
    if (isOpen(call)) controller.switchAgent(id)
    else setAgentId(id)
  }

  const send = (message: string) => {
    if (live ? controller.say(message) : true) {
      if (!live) talk.ask(message, agentId)
      setText('')
    }
  }

  // A refused hand-over, or a call that ended meanwhile, leaves the one who really answers.
  const shownAgent = live && call.notice === null ? (pendingAgent ?? agentId) : agentId
  const { loadProblem } = talk
  const blocked = live || config.chat.configured ? null : 'Typed answers are not set up; a call may still work.'
  const details = (whyCount: number) => (
    <SidePanel
      memory={config.memory?.enabled !== false}
      answer={why.answer}
      onLast={why.older ? why.reset : null}
      asked={whyCount}
      reply={talk.conversation.lastReply}
      spoken={lastTurn}
    />
  )
  const rail = <Rail config={config} sessionId={sessionId} onNew={() => goOrAsk('new')} />

  return (
    <AnnounceContext value={announce}>
      <OpenEpisodeContext value={(id, turnId) => goOrAsk({ sessionId: id, turnId })}>
        <div className="grid h-dvh grid-cols-[minmax(0,1fr)] desk:grid-cols-[248px_minmax(0,1fr)_304px]">
          <div className="min-h-0 border-r border-line max-desk:hidden">{rail}</div>
          <main className="grid min-h-0 min-w-0 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)_auto_auto]">
            <h1 className="sr-only">Conversation with {name}</h1>
            <Header config={config} agentId={shownAgent} onAgent={chooseAgent} onShowRail={() => setSheet('rail')} onShowDetails={() => setSheet('details')} />
            {loadProblem && talk.conversation.turns.length === 0 ? (
              <div className="mx-auto w-full max-w-[690px] self-end p-[18px]">
                <Notice happened="What was said here before could not be loaded." sentences={[loadProblem.happened, loadProblem.remedy, 'It is safe in the store, and you can go on.']} reference={loadProblem.requestId}>
                  <button type="button" className="button" onClick={talk.reload}>
                    Retry
                  </button>
                </Notice>
              </div>
            ) : (
              <Talk
                key={sessionId}
                turns={talk.conversation.turns}
                working={talk.conversation.working}
                agentId={agentId}
                loading={talk.loading}
                explained={why.chosen}
                onWhy={askWhy}
                onRetry={talk.retry}
                onEdit={(key) => setText(talk.withdraw(key))}
              />
            )}
            <div className="px-[18px] desk:px-8">
              <LapsedNotice onLeave={() => keepDraft(text || unsentWords(talk.conversation.turns))} />
            </div>
            <Dock config={config} call={call} controller={controller} agentId={agentId} onCall={() => void controller.start(sessionId, agentId)} callFirst={callFirst && talk.conversation.turns.length === 0}>
              <Composer
                text={text}
                onText={setText}
                placeholder={isOpen(call) ? 'Type instead of speaking' : `Write to ${name}`}
                inCall={isOpen(call)}
                blocked={blocked}
                answering={talk.answering}
                onSend={send}
                onStop={talk.stop}
              />
            </Dock>
          </main>
          <aside aria-label="What they know and why" className="min-h-0 border-l border-line max-desk:hidden">
            {details(why.asked)}
          </aside>
        </div>
        <Sheet title="Conversations" side="left" open={sheet === 'rail'} onOpenChange={(open) => setSheet(open ? 'rail' : null)}>
          {rail}
        </Sheet>
        <Sheet title="What they know and why" side="right" open={sheet === 'details' || sheet === 'why'} onOpenChange={(open) => setSheet(open ? 'details' : null)}>
          {details(sheet === 'why' ? why.asked : 0)}
        </Sheet>
        <EndCallQuestion open={asked !== null} onCancel={() => setAsked(null)} onEnd={() => asked && go(asked)} />
        <Announcer said={said} />
      </OpenEpisodeContext>
    </AnnounceContext>
  )
}

/** The last message that was refused. */
function unsentWords(turns: readonly Turn[]): string {
  const last = turns.at(-1)
  return last?.role === 'user' && last.state === 'failed' ? last.text : ''
}

function useCallAnnouncements(phase: CallPhase, name: string, announce: (words: string) => void) {
  const { name: step } = phase
  const last = useRef(step)
  useEffect(() => {
    if (step === last.current) return
    last.current = step
    if (step === 'live') announce(`The call is on. ${name} is listening.`)
    else if (step === 'idle') announce('The call has ended.')
  }, [step, name, announce])
}

/** The answer whose sources are shown: the last one, or an older one that the person asked about since. */
function useWhyChoice(answers: readonly Turn[]) {
  const [choice, setChoice] = useState<{ id: string; last: string | null } | null>(null)
  const [asked, setAsked] = useState(0)
  const last = answers.at(-1) ?? null
  // The next answer takes the place of the chosen one.
  const chosen = choice && choice.last === last?.storedId ? (answers.find(({ storedId }) => storedId === choice.id) ?? null) : null
  return {
    answer: chosen ?? last,
    chosen: chosen?.storedId ?? null,
    older: chosen !== null && chosen !== last,
    asked,
    choose: (id: string) => {
      setChoice({ id, last: last?.storedId ?? null })
      setAsked((count) => count + 1)
    },
    reset: () => setChoice(null),
  }
}

/** Bring a turn into view once it is on the page, and give it the focus for a moment. */
function useGoToTurn(turnId: string | null, turns: readonly Turn[], done: () => void) {
  useEffect(() => {
    const element = turnId === null || turns.length === 0 ? null : document.getElementById(`turn-${turnId}`)
    if (!element) return
    element.scrollIntoView({ block: 'center' })
    element.tabIndex = -1
    element.focus({ preventScroll: true })
    done()
  }, [turnId, turns, done])
}
