/** The first page where the level asks who one is. */
import { useId, useState, type FormEvent, type ReactNode } from 'react'
import { LAPSE_WORDS } from '../session/entra'
import { signInWay, useStanding } from '../session/signIn'
import { Mark } from './icons'
import { SignInButton } from './SignInButton'

function Frame({ children }: { children: ReactNode }) {
  return (
    <main className="grid min-h-full place-items-center p-6">
      <div className="w-full max-w-[400px] rounded-[20px] border border-line bg-sheet p-6">
        <h1 className="mb-4 flex items-center gap-2.5 text-[17px] font-[650]">
          <Mark />
          Sign in to Engram
        </h1>
        {children}
      </div>
    </main>
  )
}

function Trouble({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="mt-2 text-[13px] font-medium text-alert">
      {children}
    </p>
  )
}

/** With an account of the organisation, at its own sign-in page. */
export function EntraSignIn() {
  const standing = useStanding()
  const lapse = standing.name === 'lapsed' ? LAPSE_WORDS[standing.why] : null
  return (
    <Frame>
      {lapse ? (
        <p>
          <strong className="font-semibold">{lapse.happened}</strong> {lapse.remedy}
        </p>
      ) : (
        <p className="text-soft">You sign in with the account of your organisation, on its own page, and come back here.</p>
      )}
      {standing.name === 'out' && standing.trouble && <Trouble>{standing.trouble}</Trouble>}
      <SignInButton className="button mt-4 w-full border-ink bg-ink text-paper hover:not-disabled:bg-ink">{lapse?.button ?? 'Sign in with Microsoft'}</SignInButton>
    </Frame>
  )
}

/** With a development token. */
export function DevSignIn() {
  const standing = useStanding()
  const [token, setToken] = useState('')
  const [edited, setEdited] = useState(false)
  const hint = useId()
  const trouble = !edited && standing.name === 'out' ? standing.trouble : null

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setEdited(false)
    void signInWay().signIn(token.trim())
  }

  return (
    <Frame>
      <form onSubmit={submit} noValidate>
        <label htmlFor="token" className="mb-1 block font-[550]">
          Development token
        </label>
        <input
          id="token"
          value={token}
          onChange={(event) => {
            setToken(event.target.value)
            setEdited(true)
          }}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={hint}
          aria-invalid={trouble !== null}
          className="field block min-h-11 w-full px-3.5"
        />
        <p id={hint} className="quiet mt-1.5">
          Such as dev_alice_analyst. It stays in this tab only. Roles: analyst, admin, viewer.
        </p>
        {trouble && <Trouble>{trouble}</Trouble>}
        <button type="submit" className="button mt-4 w-full border-ink bg-ink text-paper hover:not-disabled:bg-ink">
          Sign in
        </button>
      </form>
    </Frame>
  )
}
