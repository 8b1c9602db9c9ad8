/** One call controller for the page, as React state. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { voiceSubprotocols, voiceUrl } from '../api/addresses'
import { openAudio } from '../audio/engine'
import { currentToken } from '../session/signIn'
import { CallController, type CallSinks, type CallSnapshot } from './controller'

export function useCall(sinks: CallSinks): { controller: CallController } & CallSnapshot {
  const [controller] = useState(
    () =>
      new CallController({
        openAudio,
        openSocket: (url, protocols) => new WebSocket(url, protocols),
        address: (sessionId, agentId) => ({ url: voiceUrl(sessionId, agentId), protocols: voiceSubprotocols(currentToken()) }),
      }),
  )
  useEffect(() => {
    controller.report(sinks)
  })
  const snapshot = useSyncExternalStore(controller.subscribe, controller.getSnapshot)
  useEffect(() => {
    const leave = () => controller.hangUp()
    window.addEventListener('pagehide', leave)
    return () => window.removeEventListener('pagehide', leave)
  }, [controller])
  return { controller, ...snapshot }
}
