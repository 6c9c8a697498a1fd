// What the dashboard makes of the numbers of an API: those of several stages together, a rate of a count, what went wrong lately.

/** step is how many seconds a sample of the history stands for. */
export const step = 5

/** joined is the history of some stages as one: counts are added; of times, that of the slowest stage is told, as they cannot be added. */
export function joined(stages) {
  const at = new Map()
  for (const { history } of stages) {
    for (const sample of history) {
      const slot = Math.round(Date.parse(sample.time) / (step * 1000))
      at.set(slot, at.has(slot) ? both(at.get(slot), sample) : sample)
    }
  }
  return [...at].sort(([a], [b]) => a - b).map(([, sample]) => sample)
}

/** withPresent is a history, or, as stages on which nothing has happened have none, what is now. */
export const withPresent = (history, stages, time) => history.length > 0 ? history
  : [{ time, connections: sum(stages, stage => stage.connections), messagesIn: 0, messagesOut: 0, connects: 0, clientErrors: 0, integrationErrors: 0, executionErrors: 0, p50Millis: 0, p99Millis: 0 }]

function both(a, b) {
  const sum = { time: a.time }
  for (const name of ['connections', 'messagesIn', 'messagesOut', 'connects', 'clientErrors', 'integrationErrors', 'executionErrors']) sum[name] = (a[name] ?? 0) + (b[name] ?? 0)
  for (const name of ['p50Millis', 'p99Millis']) sum[name] = Math.max(a[name] ?? 0, b[name] ?? 0)
  return sum
}

/** rate makes a count of a sample one of a second. */
export const rate = name => sample => sample[name] / step

/** took is a time of a sample; in one in which nothing happened there is none. */
export const took = name => sample => sample.p99Millis > 0 ? sample[name] : NaN

/** errors is how many there were in a sample, of all kinds. */
export const errors = sample => sample.clientErrors + sample.integrationErrors + sample.executionErrors

/** sum adds up something of samples. */
export const sum = (samples, of) => samples.reduce((n, sample) => n + of(sample), 0)

/** lines are the routes of some stages, each with the name of its stage. */
export const lines = stages => stages.flatMap(stage => (stage.routes ?? []).map(route => ({ stage: stage.stageName, ...route })))
