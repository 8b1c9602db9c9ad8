/**
 * The UAT and production levels on one machine, as they would be deployed: an outside PostgreSQL, an authority over TLS, AI
 * services reached with a managed identity, nothing switched off. Only the addresses are those of this machine.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { PlaywrightTestConfig } from '@playwright/test'

export const LEVELS = ['uat', 'production'] as const
export type LevelName = (typeof LEVELS)[number]

const TENANT_ID = '0b7c1e5a-3d2f-4a68-9c11-7e5d2a4f6b80'
const API_CLIENT_ID = '6a1f0c2e-5b7d-4e39-8f42-1c9d3b5a7e60'
const SPA_CLIENT_ID = '9d3e5f71-2a4c-4b86-a0d3-5e7f9b1c3d20'

type Server = NonNullable<Exclude<PlaywrightTestConfig['webServer'], readonly unknown[]>>

interface Kit {
  readonly root: string
  readonly python: string
  once(name: string, choose: () => string): string
  freePort(): string
  fleetingDirectory(): string
}

export const originOf = (level: LevelName): string => `http://127.0.0.1:${process.env[`ENGRAM_E2E_PORT_${level.toUpperCase()}`]}`
export const authorityOrigin = (): string => `https://localhost:${process.env['ENGRAM_E2E_PORT_OIDC']}`

/** In the order in which they must start. */
export function levelServers({ root, python, once, freePort, fleetingDirectory }: Kit): Server[] {
  const port = (name: string) => once(`ENGRAM_E2E_PORT_${name}`, freePort)
  const directory = once('ENGRAM_E2E_DATA_LEVELS', fleetingDirectory)
  const secret = once('ENGRAM_E2E_SECRET_LEVELS', () => randomBytes(32).toString('hex'))
  const certificate = once('ENGRAM_E2E_CERTIFICATE', () => {
    const file = join(directory, 'localhost.pem')
    execFileSync(python, [join(root, 'frontend/e2e/certificate.py'), file])
    return file
  })
  const common = { cwd: root, timeout: 240_000, gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 }, stdout: process.env['CI'] ? 'pipe' : 'ignore' } satisfies Partial<Server>
  for (const level of LEVELS) port(level.toUpperCase())

  const authority: Server = {
    ...common,
    name: 'oidc',
    command: `exec ${process.execPath} frontend/e2e/oidc.mjs`,
    wait: { stdout: /oidc ready/ },
    env: {
      OIDC_PORT: port('OIDC'),
      MSI_PORT: port('MSI'),
      OIDC_CERT: certificate,
      TENANT_ID,
      API_CLIENT_ID,
      SPA_CLIENT_ID,
      SPA_ORIGINS: LEVELS.map(originOf).join(','),
    },
  }
  const database: Server = {
    ...common,
    name: 'postgres',
    command: `exec ${python} frontend/e2e/postgres.py ${join(directory, 'postgres')} ${port('POSTGRES')} ${secret} ${LEVELS.join(' ')}`,
    wait: { stdout: /postgres ready/ },
    env: { PYTHONPATH: root },
  }
  const ai: Server = { ...common, name: 'local_ai', command: `exec ${python} -m local_ai --port ${port('AI')} --brain scripted`, wait: { stdout: /local_ai ready/ } }
  const services = LEVELS.map(
    (level): Server => ({
      ...common,
      name: level,
      command: `exec ${python} -m backend.cli.main serve --port ${port(level.toUpperCase())}`,
      // Both start at the same time; only the first one that is needed is waited for.
      ...(level === 'uat' && { url: `${originOf(level)}/health` }),
      env: {
        ENVIRONMENT: level,
        DEBUG: 'false',
        LOG_LEVEL: 'WARNING',
        DATA_DIR: join(directory, level),
        DATABASE_URL: `postgresql://engram:${secret}@127.0.0.1:${port('POSTGRES')}/${level}`,
        ENCRYPTION_KEY: secret,
        AZURE_TENANT_ID: TENANT_ID,
        ENTRA_API_AUDIENCE: API_CLIENT_ID,
        ENTRA_SPA_CLIENT_ID: SPA_CLIENT_ID,
        ENTRA_AUTHORITY: authorityOrigin(),
        SSL_CERT_FILE: certificate,
        IDENTITY_ENDPOINT: `http://127.0.0.1:${port('MSI')}/msi/token`,
        IDENTITY_HEADER: secret,
        AZURE_AI_ENDPOINT: `http://127.0.0.1:${port('AI')}/openai/v1`,
        // The gateway's own key, which the SOP allows: it is no Azure AI service's.
        AZURE_AI_KEY: 'a-gateway-key',
        AZURE_VOICELIVE_ENDPOINT: `http://127.0.0.1:${port('AI')}`,
      },
    }),
  )
  return [authority, database, ai, ...services.toReversed()]
}
