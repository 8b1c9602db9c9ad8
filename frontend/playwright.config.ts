/**
 * Browser tests against the real thing: `engram up` with a fresh database, once over the scripted brain and once over the real
 * models, and Debian's Chromium (CHROMIUM_PATH names another).
 *
 *   npx playwright test                       everything
 *   npx playwright test --project scripted    without the models
 *   npx playwright test --project entra       the UAT and production levels, with an authority like Entra ID
 *   npx playwright test --grep @voice         or @chat
 *
 * The UI must be built (`npm run build`): the service serves frontend/dist.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defineConfig, type PlaywrightTestConfig } from '@playwright/test'
import { levelServers } from './e2e/levels'

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const ROOT = resolve(import.meta.dirname, '..')
const PYTHON = process.env['ENGRAM_PYTHON'] ?? join(ROOT, '.venv/bin/python')

type Project = 'scripted' | 'models' | 'entra'
/** The scripted project has two services: an open one, and one that asks for development tokens. */
type Service = Exclude<Project, 'entra'> | 'signin'

/** Workers read this file again: what the first reading chose is handed to them by the environment. */
function once(name: string, choose: () => string): string {
  return (process.env[name] ??= choose())
}

/** Below the ports that the kernel gives away by itself: nobody who asks for any port gets it before it is used, nor another server here. */
function freePort(): string {
  const given = new Set(Object.entries(process.env).flatMap(([name, value]) => (name.startsWith('ENGRAM_E2E_PORT_') ? [value] : [])))
  let free = anyFreePort()
  while (given.has(free)) free = anyFreePort()
  return free
}

function anyFreePort(): string {
  const script = `const server = require('net').createServer()
    const attempt = () => server.listen(20000 + Math.floor(Math.random() * 12000), '127.0.0.1')
    server.on('error', attempt).on('listening', () => { console.log(server.address().port); server.close() })
    attempt()`
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim()
}

/** A directory that goes when the run ends, after the service in it has stopped. */
function fleetingDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'engram-e2e-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function port(name: Service): string {
  return once(`ENGRAM_E2E_PORT_${name.toUpperCase()}`, freePort)
}

/** Only the projects that were asked for need their service. */
function wanted(project: Project): boolean {
  const asked = process.argv.flatMap((word, index, all) =>
    word.startsWith('--project=') ? [word.slice('--project='.length)] : all[index - 1] === '--project' ? [word] : [],
  )
  return once(`ENGRAM_E2E_WANTED_${project.toUpperCase()}`, () => String(asked.length === 0 || asked.includes(project))) === 'true'
}

function service(name: Service): NonNullable<PlaywrightTestConfig['webServer']> {
  const directory = once(`ENGRAM_E2E_DATA_${name.toUpperCase()}`, fleetingDirectory)
  const brain = name === 'models' ? 'models' : 'scripted'
  return {
    name,
    command: `exec ${PYTHON} -m backend.cli.main up --port ${port(name)} --brain ${brain} --data-dir ${directory}`,
    cwd: ROOT,
    url: `http://127.0.0.1:${port(name)}/health`,
    // The first start over the models may fetch a gigabyte.
    timeout: brain === 'models' ? 900_000 : 240_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
    stdout: process.env['CI'] ? 'pipe' : 'ignore',
    env: { ENVIRONMENT: 'development', AUTH_REQUIRED: String(name === 'signin'), ...(name === 'scripted' ? { CHAT_TOOLS: 'true', VOICE_TOOLS: 'true' } : {}) },
  }
}

const sounds = join(tmpdir(), `engram-e2e-sounds-${once('ENGRAM_E2E_RUN', () => String(process.pid))}`)
if (process.env['ENGRAM_E2E_RUN'] === String(process.pid)) process.on('exit', () => rmSync(sounds, { recursive: true, force: true }))

const PROJECTS = (['scripted', 'entra', 'models'] as const).filter(wanted)
const OWN: Partial<Record<Project, RegExp>> = { models: /models\.spec\.ts$/, entra: /entra\.spec\.ts$/ }

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  forbidOnly: true,
  // One browser at a time: voice is judged by the clock, and a laptop has two cores.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  reporter: [['list']],
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    headless: true,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    launchOptions: { executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'] },
  },
  projects: PROJECTS.map((project) => ({
    name: project,
    testMatch: OWN[project] ?? /^(?!.*(models|entra)\.spec\.ts$).*\.spec\.ts$/,
    timeout: project === 'models' ? 240_000 : 60_000,
    use: project === 'entra' ? { ignoreHTTPSErrors: true } : { baseURL: `http://127.0.0.1:${port(project)}` },
  })),
  webServer: PROJECTS.flatMap((project) => {
    if (project === 'entra') return levelServers({ root: ROOT, python: PYTHON, once, freePort, fleetingDirectory })
    return (project === 'scripted' ? (['scripted', 'signin'] as const) : [project]).flatMap(service)
  }),
})
