/**
 * Notices within some 25 ms that somebody begins to speak into the microphone, while an answer may be playing.
 *
 * Loudness in the band of speech, against three things: a floor that follows the room's noise, what is left of the loudspeaker's
 * sound after the browser's echo cancellation (how much is learnt from the two signals), and an absolute minimum. It is only
 * asked to turn the answer down; whether there are words is found out by the service.
 */

/** Length over which loudness is measured. */
const HOP_MS = 5
/** Of the last ONSET_OF hops, this many must be loud: a click of the keyboard is shorter. */
const ONSET_HOPS = 4
const ONSET_OF = 5
/** Quiet for this long ends the speech. */
const RELEASE_MS = 200
/** Speech is louder than this, whatever the room: -50 dBFS. */
const LEAST = 1e-5
/** Speech is 10 dB louder than the room. */
const OVER_NOISE = 10
/** Speech is 6 dB louder than the loudest echo so far. */
const OVER_ECHO = 4
/** Within speech, a quarter of it is still speech: hysteresis. */
const STILL = 0.25
/** How far the loudspeaker's sound may lie back in the microphone: latency of both, and the room. */
const ECHO_MS = 250
/** What is left of an echo before anything is known: -20 dB. */
const FIRST_COUPLING = 0.01
/** The floor rises by 3 dB a second and falls at once; the coupling rises fast and falls within a second. */
const NOISE_RISE = 10 ** ((0.3 * HOP_MS) / 1000)
const NOISE_FALL = 0.3
const COUPLING_RISE = 0.2
const COUPLING_FALL = 0.005
/** Below this the loudspeaker counts as silent: -60 dBFS. */
const PLAYED_LEAST = 1e-6

/** Mean square of a signal between 150 Hz and 4 kHz, hop by hop: two high-passes against rumble and hum, one low-pass. */
class SpeechBand {
  private readonly low: number
  private readonly high: number
  private first = 0
  private second = 0
  private previous = 0
  private previousSecond = 0
  private smooth = 0
  private sum = 0

  constructor(rate: number) {
    this.low = Math.exp((-2 * Math.PI * 150) / rate)
    this.high = 1 - Math.exp((-2 * Math.PI * 4000) / rate)
  }

  add(sample: number): void {
    this.first = this.low * (this.first + sample - this.previous)
    this.previous = sample
    this.second = this.low * (this.second + this.first - this.previousSecond)
    this.previousSecond = this.first
    this.smooth += this.high * (this.second - this.smooth)
    this.sum += this.smooth * this.smooth
  }

  take(samples: number): number {
    const power = this.sum / samples
    this.sum = 0
    return power
  }
}

export class VoiceActivity {
  private readonly hop: number
  private readonly microphone: SpeechBand
  private readonly loudspeaker: SpeechBand
  private readonly echoes = new Float64Array(Math.round(ECHO_MS / HOP_MS))
  private readonly loud = new Uint8Array(ONSET_OF)
  private filled = 0
  private hops = 0
  private noise = LEAST
  private coupling = FIRST_COUPLING
  /** Of the speech that is going on: its loudest ratio to the loudspeaker, and its mean loudness. */
  private ratio = 0
  private level = 0
  private quiet = 0

  /** Whether somebody speaks. */
  speaking = false

  constructor(rate: number) {
    this.hop = Math.round((rate * HOP_MS) / 1000)
    this.microphone = new SpeechBand(rate)
    this.loudspeaker = new SpeechBand(rate)
  }

  /** Take one block of the microphone and what was played with it (null: nothing); tell whether speech began with it. */
  push(heard: Float32Array, played: Float32Array | null): boolean {
    let began = false
    for (let i = 0; i < heard.length; i++) {
      this.microphone.add(heard[i] ?? 0)
      this.loudspeaker.add(played?.[i] ?? 0)
      this.filled++
      if (this.filled === this.hop) {
        this.filled = 0
        const was = this.speaking
        this.judge(this.microphone.take(this.hop), this.loudspeaker.take(this.hop))
        if (this.speaking && !was) began = true
      }
    }
    return began
  }

  /** Nobody had said anything: what was taken for speech is echo, or the room. */
  mistaken(): void {
    this.coupling = Math.min(1, Math.max(this.coupling, 1.5 * this.ratio))
    this.noise = Math.max(this.noise, this.level)
  }

  private judge(heard: number, played: number): void {
    this.echoes[this.hops % this.echoes.length] = played
    this.hops++
    let echo = 0
    for (const power of this.echoes) if (power > echo) echo = power
    const threshold = Math.max(LEAST, OVER_NOISE * this.noise, OVER_ECHO * this.coupling * echo)

    if (this.speaking) {
      this.level += 0.05 * (heard - this.level)
      if (echo > PLAYED_LEAST) this.ratio = Math.max(this.ratio, heard / echo)
      this.quiet = heard > STILL * threshold ? 0 : this.quiet + HOP_MS
      if (this.quiet >= RELEASE_MS) {
        this.speaking = false
        this.loud.fill(0)
      }
      return
    }

    const loud = heard > threshold
    this.loud[this.hops % ONSET_OF] = loud ? 1 : 0
    let count = 0
    for (const one of this.loud) count += one
    if (count >= ONSET_HOPS) {
      this.speaking = true
      this.quiet = 0
      this.level = heard
      this.ratio = echo > PLAYED_LEAST ? heard / echo : 0
      return
    }
    if (loud) return
    this.noise = heard < this.noise ? this.noise + NOISE_FALL * (heard - this.noise) : Math.min(this.noise * NOISE_RISE, Math.max(heard, this.noise))
    if (echo > PLAYED_LEAST) {
      const ratio = heard / echo
      this.coupling += (ratio > this.coupling ? COUPLING_RISE : COUPLING_FALL) * (ratio - this.coupling)
    }
  }
}
