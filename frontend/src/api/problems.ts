/**
 * What can go wrong, in plain sentences: what happened, what is safe, what to do.
 *
 * The service answers failures with RFC 9457 problem documents; what never reached the service (no network, a proxy's own
 * page) is turned into the same form here, so that the page has one way to say it.
 */

export interface Problem {
  /** HTTP status, or 0 when no answer came. */
  readonly status: number
  readonly code: string
  /** What happened, one sentence. */
  readonly happened: string
  /** What to do about it, one or more sentences; may be empty. */
  readonly remedy: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** Seconds after which to try again, where the service said so. */
  readonly retryAfter: number | null
  /** For the people who look after the service. */
  readonly requestId: string | null
}

export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.happened}`)
    this.problem = problem
  }
}

const LATER_STATUSES = new Set([0, 408, 425, 429, 500, 502, 503, 504])

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

function sentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`
}

const WITHOUT_DOCUMENT: Record<number, string> = {
  401: 'You are not signed in',
  403: 'This is not allowed for you',
  404: 'The service does not know this',
  413: 'The message is too long',
  429: 'Too many requests at once',
  500: 'The service made a mistake',
  502: 'The service got a bad answer from the assistant',
  503: 'The service is not available at the moment',
  504: 'The assistant did not answer in time',
}

/** Read a problem document; anything else is described by its status. */
export function problemFrom(status: number, body: unknown, retryAfterHeader: string | null = null): Problem {
  const document = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const reported = typeof document['status'] === 'number' ? document['status'] : status
  const type = text(document['type'])
  const code = text(document['code']) ?? type?.split('/').at(-1)?.split('#').at(-1) ?? `status_${reported}`
  const title = text(document['title']) ?? WITHOUT_DOCUMENT[reported] ?? `The service answered with status ${reported}`
  const detail = text(document['detail']) ?? ''
  const wait = Number(document['retry_after'] ?? retryAfterHeader ?? Number.NaN)
  return {
    status: reported,
    code,
    happened: sentence(title),
    remedy: detail && sentence(detail),
    retryable: typeof document['retryable'] === 'boolean' ? document['retryable'] : LATER_STATUSES.has(reported),
    retryAfter: Number.isFinite(wait) && wait >= 0 ? wait : null,
    requestId: text(document['request_id']),
  }
}

/** The problem of a request that got no answer at all. */
export function unreachable(): Problem {
  return {
    status: 0,
    code: 'unreachable',
    happened: 'The service could not be reached.',
    remedy: 'Check your connection, or whether Engram is running, then try again.',
    retryable: true,
    retryAfter: null,
    requestId: null,
  }
}

/** The problem of a request whose answer did not come in time. */
export function timedOut(): Problem {
  return { ...unreachable(), code: 'timed_out', happened: 'The service did not answer in time.', remedy: 'It may be busy. Try again in a moment.' }
}

/** The problem of a stream that ended before its answer was complete. */
export function cutShort(): Problem {
  return {
    status: 0,
    code: 'cut_short',
    happened: 'The answer stopped before it was complete.',
    remedy: 'The connection was lost on the way. Try again.',
    retryable: true,
    retryAfter: null,
    requestId: null,
  }
}

/** Any thrown value as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof TypeError) return unreachable()
  return { ...unreachable(), code: 'unexpected', happened: 'Something unexpected went wrong on this page.', remedy: 'Try again; if it stays, reload the page.' }
}
