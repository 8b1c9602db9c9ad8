/** One call controller for the page, as React state. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { voiceSubprotocols, voiceUrl } from '../api/addresses'
import { voiceTicket } from '../api/ticket'
import { openAudio } from '../audio/engine'
import { CallController, type CallSinks, type CallSnapshot } from './controller'

export function useCall(sinks: CallSinks): { controller: CallController } & CallSnapshot {
  const [controller] = useState(
    () =>
      new CallController({
        openAudio,
        openSocket: (url, protocols) => new WebSocket(url, protocols),
        address: async (sessionId, agentId) => ({ url: voiceUrl(sessionId, agentId), protocols: voiceSubprotocols(await voiceTicket(sessionId)) }),
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
