/**
 * An authority in the shape of Entra ID, for tests: npm `oidc-provider` (certified for OpenID Connect) under Entra's addresses,
 * with Entra's claims. It asks for a password, and for a second proof where a claims request names the authentication context.
 *
 * Beside it, as the platform has it, an endpoint that gives managed identities their tokens (the Container Apps protocol).
 *
 * Settings by environment: OIDC_PORT, MSI_PORT, OIDC_CERT (path of the PEM with certificate and key), TENANT_ID, API_CLIENT_ID,
 * SPA_CLIENT_ID, SPA_ORIGINS (comma-separated).
 */
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import { Provider, interactionPolicy } from 'oidc-provider'

const { OIDC_PORT, MSI_PORT, OIDC_CERT, TENANT_ID, API_CLIENT_ID, SPA_CLIENT_ID, SPA_ORIGINS } = process.env
const BASE = `https://localhost:${OIDC_PORT}`
const SCOPE = `api://${API_CLIENT_ID}/access_as_user`
const CONTEXT = 'c1'
const PASSWORD = 'correct horse'

/** Who has an account, by user name. `lifetime`: seconds that their access tokens last. */
const ACCOUNTS = {
  'alice@example.org': { oid: '5f1d2c3b-0000-4000-8000-00000000a11c', name: 'Alice Example', roles: ['engram.user'], lifetime: 3600 },
  'bea@example.org': { oid: '5f1d2c3b-0000-4000-8000-000000000bea', name: 'Bea Brief', roles: ['engram.analyst'], lifetime: 4 },
  'nora@example.org': { oid: '5f1d2c3b-0000-4000-8000-00000000004a', name: 'Nora Norole', roles: [], lifetime: 3600 },
}
const byOid = (oid) => Object.entries(ACCOUNTS).find(([, account]) => account.oid === oid)

/** Whose second proof no longer counts: what an administrator's "require again" does. By account. */
const forgotten = new Set()
/** Whose sign-in is said to be older than it is, in seconds. By account. */
const aged = new Map()

function wantsContext(claims) {
  try {
    return JSON.parse(claims).access_token.acrs.value === CONTEXT
  } catch {
    return false
  }
}

const proven = (session) => session?.amr?.includes('mfa') === true && !forgotten.has(session.accountId)

const policy = interactionPolicy.base()
policy.remove('consent')
policy.add(
  new interactionPolicy.Prompt(
    { name: 'mfa', requestable: false },
    new interactionPolicy.Check('context_not_proven', 'a further proof is needed', 'interaction_required', (ctx) => wantsContext(ctx.oidc.params.claims) && !proven(ctx.oidc.session)),
  ),
)

const provider = new Provider(`${BASE}/${TENANT_ID}/v2.0`, {
  clients: [
    {
      client_id: SPA_CLIENT_ID,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: SPA_ORIGINS.split(',').map((origin) => `${origin}/`),
      post_logout_redirect_uris: SPA_ORIGINS.split(',').map((origin) => `${origin}/`),
    },
  ],
  routes: {
    authorization: '/oauth2/v2.0/authorize',
    token: '/oauth2/v2.0/token',
    end_session: '/oauth2/v2.0/logout',
    jwks: '/discovery/v2.0/keys',
  },
  // Not a standard parameter here: it asks for claims of the access token, which Entra alone knows.
  extraParams: ['claims'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'oid', 'tid', 'ver'] },
  conformIdTokenClaims: false,
  clientBasedCORS: () => true,
  issueRefreshToken: () => true,
  // Entra does not revoke a refresh token when it is used: a page that is reloaded in the middle of a renewal, and never
  // sees the new one, goes on with the old.
  rotateRefreshToken: () => false,
  jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: randomUUID() }] },
  cookies: { keys: [randomUUID()] },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `api://${API_CLIENT_ID}`,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: SCOPE, audience: API_CLIENT_ID, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
    rpInitiatedLogout: {
      logoutSource: (ctx, form) => {
        ctx.body = page('Sign out', `${form.replace('</form>', '<input type="hidden" name="logout" value="yes"></form>')}<script>document.forms[0].submit()</script>`)
      },
    },
  },
  findAccount: (ctx, oid) => {
    const [username, account] = byOid(oid) ?? []
    return account && { accountId: oid, claims: () => ({ sub: oid, oid, tid: TENANT_ID, ver: '2.0', name: account.name, preferred_username: username }) }
  },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
    grant.addOIDCScope('openid profile offline_access')
    grant.addResourceScope(`api://${API_CLIENT_ID}`, SCOPE)
    await grant.save()
    return grant
  },
  extraTokenClaims: async (ctx, token) => {
    const [username, account] = byOid(token.accountId) ?? []
    if (!account) return undefined
    const session = await provider.Session.findByUid(token.sessionUid)
    return {
      oid: token.accountId,
      tid: TENANT_ID,
      ver: '2.0',
      azp: SPA_CLIENT_ID,
      azpacr: '0',
      name: account.name,
      preferred_username: username,
      scp: 'access_as_user',
      uti: randomUUID(),
      ...(account.roles.length > 0 && { roles: account.roles }),
      ...(session && { auth_time: session.loginTs - (aged.get(token.accountId) ?? 0) }),
      // Only in a token that was asked for it.
      ...(proven(session) && wantsContext(ctx.oidc.body.claims) && { acrs: [CONTEXT] }),
    }
  },
  formats: {
    customizers: {
      jwt: (ctx, token, parts) => {
        const { payload } = parts
        payload.nbf = payload.iat
        payload.sub = createHash('sha256').update(`${payload.sub}/${API_CLIENT_ID}`).digest('base64url')
        for (const unknownToEntra of ['scope', 'client_id', 'jti']) delete payload[unknownToEntra]
        parts.header = { ...parts.header, typ: 'JWT' }
      },
    },
  },
  ttl: {
    AccessToken: (ctx, token) => byOid(token.accountId)?.[1].lifetime ?? 3600,
    AuthorizationCode: 60,
    IdToken: 3600,
    RefreshToken: 86_400,
    Interaction: 600,
    Session: 86_400,
    Grant: 86_400,
  },
  interactions: { policy, url: (ctx, { uid }) => `/interaction/${uid}` },
  renderError: (ctx, out) => {
    ctx.type = 'html'
    ctx.body = page('Error', `<pre>${JSON.stringify(out)}</pre>`)
  },
})
provider.use(async (ctx, next) => {
  await next()
  // With it MSAL names the account as Entra does: object and tenant.
  const account = ctx.oidc?.entities?.Account
  if (ctx.oidc?.route === 'token' && ctx.body?.access_token && account) {
    ctx.body.client_info = Buffer.from(JSON.stringify({ uid: account.accountId, utid: TENANT_ID })).toString('base64url')
  }
})
provider.on('server_error', (ctx, error) => process.stderr.write(`${error.stack}\n`))

const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`

async function readForm(request) {
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  return new URLSearchParams(Buffer.concat(pieces).toString())
}

function send(response, status, body, type = 'text/html; charset=utf-8') {
  response.writeHead(status, { 'Content-Type': type, 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' })
  response.end(body)
}

async function interact(request, response) {
  const { prompt, session, params } = await provider.interactionDetails(request, response)
  const form = request.method === 'POST' ? await readForm(request) : null
  if (form?.has('cancel')) return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'AADSTS65004: User declined.' })
  if (prompt.name === 'mfa') {
    if (form === null) return send(response, 200, page('Prove it is you', '<form method="post"><button>Approve on your phone</button></form>'))
    forgotten.delete(session.accountId)
    return provider.interactionFinished(request, response, { mfa: {}, login: { accountId: session.accountId, amr: ['pwd', 'mfa'] } })
  }
  const username = form?.get('username') ?? params.login_hint ?? ''
  const account = form && ACCOUNTS[username]
  if (account && form.get('password') === PASSWORD) {
    aged.delete(account.oid)
    return provider.interactionFinished(request, response, { login: { accountId: account.oid, amr: ['pwd'] } })
  }
  return send(
    response,
    200,
    page(
      'Sign in',
      `<form method="post"><label>User name <input name="username" value="${username.replace(/[^\w@.]/g, '')}"></label>
       <label>Password <input name="password" type="password"></label><button>Next</button><button name="cancel">Cancel</button></form>`,
    ),
  )
}

/** Entra's ways with a token request that the provider does not have. */
async function prepareToken(request, response) {
  const form = await readForm(request)
  if (form.get('grant_type') === 'refresh_token') {
    // A refresh token's own scopes do not name offline_access, which MSAL asks for each time.
    form.set('scope', (form.get('scope') ?? '').replace('offline_access', '').trim())
    if (wantsContext(form.get('claims'))) {
      const token = await provider.RefreshToken.find(form.get('refresh_token') ?? '')
      if (!proven(token && (await provider.Session.findByUid(token.sessionUid)))) {
        const refusal = { error: 'interaction_required', suberror: 'basic_action', error_description: 'AADSTS50076: you must use multi-factor authentication.', claims: form.get('claims') }
        send(response, 400, JSON.stringify(refusal), 'application/json')
        return false
      }
    }
  }
  request.body = Object.fromEntries(form)
  return true
}

const callback = provider.callback()
const authority = createServer({ cert: readFileSync(OIDC_CERT), key: readFileSync(OIDC_CERT) }, (request, response) => {
  answer(request, response).catch((error) => {
    process.stderr.write(`${error.stack}\n`)
    if (!response.headersSent) send(response, 500, page('Error', ''))
  })
})

async function answer(request, response) {
  const { pathname, search, searchParams } = new URL(request.url, BASE)
  if (pathname.startsWith('/interaction/')) return interact(request, response)
  if (pathname.startsWith('/test/')) {
    const { oid } = ACCOUNTS[searchParams.get('username')]
    if (pathname === '/test/forget') forgotten.add(oid)
    else aged.set(oid, Number(searchParams.get('seconds')))
    return send(response, 200, 'done')
  }
  if (!pathname.startsWith(`/${TENANT_ID}/`)) return send(response, 404, page('Not found', ''))
  let path = pathname.slice(TENANT_ID.length + 1).replace('/v2.0/.well-known/', '/.well-known/')
  if (path.endsWith('/token') && request.method === 'POST' && !(await prepareToken(request, response))) return undefined
  // Entra finds out by itself who wants to sign out.
  if (path.endsWith('/logout') && searchParams.has('post_logout_redirect_uri')) path += `${search}&client_id=${SPA_CLIENT_ID}`
  else path += search
  request.url = path
  request.originalUrl = `/${TENANT_ID}${path}`
  return callback(request, response)
}

const identities = createPlainServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (pathname !== '/msi/token' || !request.headers['x-identity-header'] || searchParams.get('resource') !== 'https://ai.azure.com') {
    return send(response, 400, JSON.stringify({ error: 'invalid_request' }), 'application/json')
  }
  const expires_on = String(Math.floor(Date.now() / 1000) + 3600)
  return send(response, 200, JSON.stringify({ access_token: `managed-identity-${randomUUID()}`, expires_on, resource: 'https://ai.azure.com', token_type: 'Bearer' }), 'application/json')
})

authority.listen(Number(OIDC_PORT), '127.0.0.1', () => {
  identities.listen(Number(MSI_PORT), '127.0.0.1', () => process.stdout.write('oidc ready\n'))
})
