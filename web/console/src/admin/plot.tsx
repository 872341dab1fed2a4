import type { ReactNode } from 'react'
import { number } from '../words/numbers.js'
import { topOf } from '../words/series.js'

export interface Series {
  readonly words: string
  readonly tone: 'one' | 'two' | 'three'
  readonly values: readonly number[]
}

interface PlotProps {
  readonly title: string
  /** What each column stands for. */
  readonly labels: readonly string[]
  readonly series: readonly Series[]
}

const height = 100
const column = 12

/** Columns over time, one beside the other for each series. The numbers are one step away, as a table. */
export function Plot({ title, labels, series }: PlotProps): ReactNode {
  const top = topOf(Math.max(0, ...series.flatMap(({ values }) => values)))
  const bar = (column - 3) / series.length
  return (
    <figure className="plot">
      <figcaption>
        <ul className="legend">
          {series.map(({ words, tone, values }) => (
            <li key={words}>
              <span className={`swatch ${tone}`} aria-hidden="true" /> {words}{' '}
              <strong>{number(values.reduce((sum, value) => sum + value, 0))}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      <div className="area">
        <span className="top muted" aria-hidden="true">
          {number(top)}
        </span>
        <svg
          viewBox={`0 0 ${labels.length * column} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}. The numbers are in the table below.`}
        >
          {[0, 0.5, 1].map((part) => (
            <line
              key={part}
              className="rule"
              x1="0"
              x2={labels.length * column}
              y1={height * part}
              y2={height * part}
            />
          ))}
          {series.map(({ words, tone, values }, s) =>
            values.map((value, i) => {
              const tall = (value / top) * height
              return (
                <rect
                  key={`${words} ${labels[i] ?? ''}`}
                  className={tone}
                  x={i * column + 1.5 + s * bar}
                  y={height - tall}
                  width={bar * 0.86}
                  height={tall}
                >
                  <title>{`${labels[i] ?? ''}: ${number(value)} ${words.toLowerCase()}`}</title>
                </rect>
              )
            }),
          )}
        </svg>
        <div className="axis muted" aria-hidden="true">
          <span>{labels[0]}</span>
          <span>{labels.at(-1)}</span>
        </div>
      </div>
      <details>
        <summary>Show the numbers</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={`${title}, as numbers`}>
          <table>
            <thead>
              <tr>
                <th scope="col">When (UTC)</th>
                {series.map(({ words }) => (
                  <th key={words} scope="col" className="number">
                    {words}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, i) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {series.map(({ words, values }) => (
                    <td key={words} className="number">
                      {number(values[i] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}
