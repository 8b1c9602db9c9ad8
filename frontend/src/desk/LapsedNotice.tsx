/** Above the text field when the sign-in has lapsed: what is on the page stays, and the way back is one press. */
import { LAPSE_WORDS } from '../session/entra'
import { useStanding } from '../session/signIn'
import { Notice } from './Notice'
import { SignInButton } from './SignInButton'

export function LapsedNotice({ onLeave }: { onLeave: () => void }) {
  const standing = useStanding()
  if (standing.name !== 'lapsed') return null
  const { happened, remedy, button } = LAPSE_WORDS[standing.why]
  return (
    <div data-lapsed className="mx-auto mb-3 w-full max-w-[690px]">
      <Notice happened={happened} sentences={[remedy, 'Your conversation and what you have written are kept.']}>
        <SignInButton onLeave={onLeave}>{button}</SignInButton>
      </Notice>
    </div>
  )
}
