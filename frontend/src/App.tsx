/** From nothing to the desk: learn what the service offers, sign in where it is asked for, then talk. */
import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, type Problem } from './api/problems'
import { createQueryClient, useAgents, useConfig, useEpisodes } from './api/queries'
import type { Config } from './api/types'
import { Desk } from './desk/Desk'
import { Notice } from './desk/Notice'
import { SignIn } from './desk/SignIn'
import { AgentsProvider } from './desk/agents'
import { useToken } from './session/signIn'

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
  const token = useToken()
  if (config.auth_mode === 'none') return <Room config={config} />
  if (config.auth_mode === 'dev_tokens') return token === null ? <SignIn refused={false} /> : <Accepted config={config} token={token} />
  return (
    <Page>
      <Notice
        happened="This page cannot sign you in here."
        sentences={[`The service asks for sign-in by “${config.auth_mode}”, which this version of the page does not have yet.`, 'Ask whoever runs Engram, or use its API with a token.']}
      />
    </Page>
  )
}

/** A token that has the right form may still be refused: the first request tells. */
function Accepted({ config, token }: { config: Config; token: string }) {
  const episodes = useEpisodes(token)
  if (episodes.error && asProblem(episodes.error).status === 401) return <SignIn refused />
  return <Room config={config} />
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
