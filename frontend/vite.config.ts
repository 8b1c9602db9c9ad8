/** How the UI is built, served in development and unit-tested. */
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { loadEnv } from 'vite'
import { defineConfig } from 'vitest/config'
import { exactConnectSources } from './build/connectSrc.ts'

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, import.meta.dirname, 'VITE_')
  const api = env['VITE_API_URL'] ?? ''
  return {
    plugins: [react(), tailwindcss(), exactConnectSources([api, env['VITE_WS_URL'] ?? ''], env['VITE_ENTRA_AUTHORITY'] ?? '')],
    build: {
      target: 'es2022',
      // The policy allows fonts and scripts from our own origin only: nothing may become a data: URL.
      assetsInlineLimit: 0,
      reportCompressedSize: true,
    },
    worker: { format: 'es' },
    server: {
      // `npm run dev` beside `make run`: same-origin addresses work as in the built UI.
      proxy: Object.fromEntries(
        ['/api', '/health', '/ready'].map((path) => [path, { target: 'http://127.0.0.1:8082', ws: path === '/api' }]),
      ),
    },
    test: {
      environment: 'jsdom',
      setupFiles: ['src/test/setup.ts'],
      include: ['src/**/*.test.{ts,tsx}', 'build/**/*.test.ts'],
      restoreMocks: true,
    },
  }
})
