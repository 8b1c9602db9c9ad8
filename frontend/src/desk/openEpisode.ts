/** How any part of the page opens a conversation; the desk gives the way (it may have to end a call first). */
import { createContext, useContext } from 'react'

export type OpenEpisode = (sessionId: string, turnId?: string) => void

export const OpenEpisodeContext = createContext<OpenEpisode>(() => undefined)

export function useOpenEpisode(): OpenEpisode {
  return useContext(OpenEpisodeContext)
}
