/**
 * Writes the exact API origins of this build into the deployed Content-Security-Policy.
 *
 * `public/staticwebapp.config.json` allows connections to the page's own origin only. When the UI is built for an API on
 * another host (VITE_API_URL, VITE_WS_URL), those origins, and no others, are added to `connect-src`. So is the authority
 * where people sign in with Entra ID (VITE_ENTRA_AUTHORITY), which the page asks for tokens.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Return the policy with the origins added to its connect-src; an address that is not http(s) or ws(s) is an error. */
export function withConnectSources(policy: string, addresses: readonly string[], authority = ''): string {
  const origins = new Set<string>()
  for (const address of addresses) {
    if (!address) continue
    const url = new URL(address)
    if (!/^(https?|wss?):$/.test(url.protocol)) throw new Error(`not an http or ws address: ${address}`)
    const secure = url.protocol === 'https:' || url.protocol === 'wss:'
    origins.add(`${secure ? 'https' : 'http'}://${url.host}`)
    origins.add(`${secure ? 'wss' : 'ws'}://${url.host}`)
  }
  if (authority) {
    const { protocol, origin } = new URL(authority)
    if (protocol !== 'https:') throw new Error(`not an https address: ${authority}`)
    origins.add(origin)
  }
  return policy.replace(/connect-src ([^;]*)/, (_, sources: string) => `connect-src ${[sources, ...origins].join(' ')}`)
}

/** The Vite plugin: runs once the bundle is on disk. */
export function exactConnectSources(addresses: readonly string[], authority: string): Plugin {
  let outDir = 'dist'
  return {
    name: 'engram:exact-connect-sources',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir)
    },
    async closeBundle() {
      const file = join(outDir, 'staticwebapp.config.json')
      const deployed = JSON.parse(await readFile(file, 'utf8')) as { globalHeaders: Record<string, string> }
      const policy = deployed.globalHeaders['Content-Security-Policy']
      if (!policy) throw new Error('staticwebapp.config.json has no Content-Security-Policy')
      deployed.globalHeaders['Content-Security-Policy'] = withConnectSources(policy, addresses, authority)
      await writeFile(file, `${JSON.stringify(deployed, null, 2)}\n`)
    },
  }
}
