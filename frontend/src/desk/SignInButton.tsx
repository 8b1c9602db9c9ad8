/** Leaves for the authority's sign-in page, and says so when that cannot be reached. */
import { useState, type ReactNode } from 'react'
import { asProblem, type Problem } from '../api/problems'
import { signInWay } from '../session/signIn'

interface SignInButtonProps {
  readonly className?: string
  /** Called before the page is left. */
  readonly onLeave?: () => void
  readonly children: ReactNode
}

export function SignInButton({ className = 'button', onLeave, children }: SignInButtonProps) {
  const [leaving, setLeaving] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)

  const leave = async () => {
    if (leaving) return
    setLeaving(true)
    setProblem(null)
    onLeave?.()
    try {
      await signInWay().signIn()
    } catch (error) {
      setProblem(asProblem(error))
    }
    setLeaving(false)
  }

  return (
    <>
      {problem && (
        <p role="alert" className="mt-2 w-full text-[13px] font-medium text-alert">
          {problem.happened} {problem.remedy}
        </p>
      )}
      <button type="button" className={className} aria-disabled={leaving} onClick={() => void leave()}>
        {leaving ? 'Opening the sign-in page…' : children}
      </button>
    </>
  )
}
