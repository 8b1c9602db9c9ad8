/** From nothing to the desk: learn what the service offers, sign in where it is asked for, then talk. */
import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, type Problem } from './api/problems'
import { createQueryClient, useAgents, useConfig, useEpisodes } from './api/queries'
import type { Config } from './api/types'
import { Desk } from './desk/Desk'
import { Notice } from './desk/Notice'
import { DevSignIn, EntraSignIn } from './desk/SignIn'
import { AgentsProvider } from './desk/agents'
import { signInWay, useStanding } from './session/signIn'
import type { Person } from './session/standing'

const WAYS: ReadonlySet<string> = new Set(['none', 'dev_tokens', 'entra', 'entra_mfa'])

export function App() {
  const [queries] = useState(createQueryClient)
  return (
    <QueryClientProvider client={queries}>
      <Door />
    </QueryClientProvider>
  )
}

function Door() {
  const config = useConfig()
  if (config.isPending) return <Waiting />
  if (config.error) return <Unreachable problem={asProblem(config.error)} onRetry={() => void config.refetch()} />
  return <SignedIn config={config.data} />
}

function SignedIn({ config }: { config: Config }) {
  const standing = useStanding()
  if (config.sign_in?.configured === false || !WAYS.has(config.auth_mode)) return <NoSignIn config={config} />
  if (standing.name === 'opening') return <Waiting />
  if (standing.name === 'out') return config.entra ? <EntraSignIn /> : <DevSignIn />
  return standing.who === null ? <Room config={config} /> : <Accepted config={config} who={standing.who} />
}

/** Whoever is signed in may still be refused: the first request tells. Who is at the desk stays there when the sign-in lapses. */
function Accepted({ config, who }: { config: Config; who: Person }) {
  const { name } = useStanding()
  const episodes = useEpisodes(who.id)
  if (episodes.data === undefined) {
    if (name === 'lapsed') return <EntraSignIn />
    if (episodes.isPending) return <Waiting />
    if (asProblem(episodes.error).status === 403) return <NoRole who={who} problem={asProblem(episodes.error)} onRetry={() => void episodes.refetch()} />
  }
  return <Room config={config} />
}

/** A known account without a role here. */
function NoRole({ who, problem, onRetry }: { who: Person; problem: Problem; onRetry: () => void }) {
  const way = signInWay()
  const checkAgain = async () => {
    // Roles come with the token: a new one knows of a role that was given just now.
    await way.stepUp({ token: await way.token(), code: problem.code, claims: null, again: false })
    onRetry()
  }
  return (
    <Page>
      <Notice
        happened="Your account has no role in Engram."
        sentences={[`You are signed in as ${who.detail}.`, 'Ask the administrator of your organisation to give you one (engram.user lets you talk and type), then check again.']}
        reference={problem.requestId}
      >
        <button type="button" className="button" onClick={() => void checkAgain()}>
          Check again
        </button>
        <button type="button" className="button" onClick={() => void way.signOut()}>
          Sign out
        </button>
      </Notice>
    </Page>
  )
}

function NoSignIn({ config }: { config: Config }) {
  return (
    <Page>
      <Notice
        happened="This page cannot sign you in here."
        sentences={[config.sign_in?.remedy ?? `The service asks for sign-in by “${config.auth_mode}”, which this version of the page does not have.`, 'Its API can be used with a token.']}
      />
    </Page>
  )
}

function Room({ config }: { config: Config }) {
  const agents = useAgents()
  if (agents.isPending) return <Waiting />
  if (agents.error) return <Unreachable problem={asProblem(agents.error)} onRetry={() => void agents.refetch()} />
  return (
    <AgentsProvider agents={agents.data}>
      <Desk config={config} callFirst={window.location.pathname.replace(/\/+$/, '') === '/voice'} />
    </AgentsProvider>
  )
}

function Page({ children }: { children: React.ReactNode }) {
  return (
    <main className="grid min-h-full place-items-center p-6">
      <div className="w-full max-w-[480px]">{children}</div>
    </main>
  )
}

function Waiting() {
  return (
    <Page>
      <p role="status" className="text-center text-soft">
        Opening Engram…
      </p>
    </Page>
  )
}

function Unreachable({ problem, onRetry }: { problem: Problem; onRetry: () => void }) {
  return (
    <Page>
      <Notice happened={problem.happened} sentences={[problem.remedy, 'What you said before is safe.']} reference={problem.requestId}>
        <button type="button" className="button" onClick={onRetry}>
          Retry
        </button>
      </Notice>
    </Page>
  )
}
