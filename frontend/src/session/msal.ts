/** The authority by way of MSAL (authorization code with PKCE, by redirect). The only file that knows the library; loaded on demand. */
import { BrowserCacheLocation, CacheLookupPolicy, InteractionRequiredAuthError, PublicClientApplication, ServerError, type AccountInfo } from '@azure/msal-browser'
import { NeedsPerson, SignInRefused, type Account, type Authority, type EntraApp, type Grant } from './entra'

/** Connect to the authority that the service names. */
export async function openMsal({ authority, client_id, scopes }: EntraApp): Promise<Authority> {
  const home = `${window.location.origin}/`
  const msal = new PublicClientApplication({
    auth: {
      clientId: client_id,
      authority,
      // The service names the authority: without this, MSAL would ask Microsoft's public cloud whether it exists.
      knownAuthorities: [new URL(authority).host],
      redirectUri: home,
      postLogoutRedirectUri: home,
      // The page understands claims challenges.
      clientCapabilities: ['CP1'],
    },
    cache: { cacheLocation: BrowserCacheLocation.SessionStorage },
  })
  await msal.initialize()
  const known = ({ id }: Account): AccountInfo | null => msal.getAccount({ homeAccountId: id })

  return {
    async open() {
      try {
        const answer = await msal.handleRedirectPromise()
        if (answer) msal.setActiveAccount(answer.account)
      } catch (error) {
        if (error instanceof ServerError || error instanceof InteractionRequiredAuthError) throw new SignInRefused(reasonOf(error))
        throw error
      }
      const account = msal.getActiveAccount()
      return account && accountOf(account)
    },

    async acquire(account, { fresh, claims }): Promise<Grant> {
      const info = known(account)
      if (info === null) throw new NeedsPerson()
      try {
        const answer = await msal.acquireTokenSilent({
          account: info,
          scopes: [...scopes],
          forceRefresh: fresh,
          // No hidden frame: browsers keep an authority's cookies from it, and our policy allows none.
          cacheLookupPolicy: CacheLookupPolicy.AccessTokenAndRefreshToken,
          ...(claims !== null && { claims }),
        })
        return { account: accountOf(answer.account), token: answer.accessToken, expiresAt: answer.expiresOn?.getTime() ?? 0 }
      } catch (error) {
        if (error instanceof InteractionRequiredAuthError) throw new NeedsPerson(error.claims || null)
        if (error instanceof ServerError && error.errorCode === 'invalid_grant') throw new NeedsPerson()
        throw error
      }
    },

    async redirect({ claims, prompt, account }) {
      // Whoever comes back by the back button may find the page as it was left: in the middle of leaving.
      window.addEventListener('pageshow', ({ persisted }) => persisted && window.location.reload(), { once: true })
      await msal.acquireTokenRedirect({
        scopes: [...scopes],
        ...(claims !== null && { claims }),
        ...(prompt !== null && { prompt }),
        ...(account !== null && { loginHint: account.username }),
      })
    },

    async leave(account) {
      await msal.logoutRedirect({ account: known(account), logoutHint: account.username })
    },
  }
}

function accountOf({ homeAccountId, name, username }: AccountInfo): Account {
  return { id: homeAccountId, name: name ?? '', username }
}

/** The authority's reason, without the numbers for its own support that follow it. */
function reasonOf({ errorCode, errorMessage }: ServerError | InteractionRequiredAuthError): string {
  if (errorCode === 'access_denied') return 'The sign-in was cancelled.'
  const [reason = ''] = errorMessage.split(/\s*(?:Trace ID:|\r|\n)/)
  return `The sign-in did not succeed: ${reason.slice(0, 300) || errorCode}`
}
