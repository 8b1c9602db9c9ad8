/** The first page where the level asks for a development token. */
import { useId, useState, type FormEvent } from 'react'
import { personOf, setToken } from '../session/signIn'
import { Mark } from './icons'

export function SignIn({ refused }: { refused: boolean }) {
  const [token, setDraft] = useState('')
  const [malformed, setMalformed] = useState(false)
  const hint = useId()

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const trimmed = token.trim()
    if (personOf(trimmed) === null) setMalformed(true)
    else setToken(trimmed)
  }

  const trouble = malformed
    ? 'That is not a development token. It has the form dev_<name>_<role>.'
    : refused
      ? 'The service did not accept your token. Sign in again.'
      : null

  return (
    <main className="grid min-h-full place-items-center p-6">
      <form onSubmit={submit} noValidate className="w-full max-w-[400px] rounded-[20px] border border-line bg-sheet p-6">
        <h1 className="mb-4 flex items-center gap-2.5 text-[17px] font-[650]">
          <Mark />
          Sign in to Engram
        </h1>
        <label htmlFor="token" className="mb-1 block font-[550]">
          Development token
        </label>
        <input
          id="token"
          value={token}
          onChange={(event) => {
            setDraft(event.target.value)
            setMalformed(false)
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
        {trouble && (
          <p role="alert" className="mt-2 text-[13px] font-medium text-alert">
            {trouble}
          </p>
        )}
        <button type="submit" className="button mt-4 w-full border-ink bg-ink text-paper hover:not-disabled:bg-ink">
          Sign in
        </button>
      </form>
    </main>
  )
}
