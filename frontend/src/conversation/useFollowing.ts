/** Keeps the page up to date with what is said in its conversation elsewhere. */
import { useEffect } from 'react'
import { followEpisode } from '../api/follow'

/** Call `onChange` whenever the store may know more than the page. A call tells that by itself, so it does not `follow`. */
export function useFollowing(sessionId: string, follow: boolean, onChange: () => void): void {
  useEffect(() => {
    if (!follow) return
    const stop = new AbortController()
    void followEpisode(sessionId, onChange, stop.signal)
    return () => stop.abort()
  }, [sessionId, follow, onChange])
}
