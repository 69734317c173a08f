import { useLingui } from "@lingui/react/macro";
import { formatDay, formatNumber, formatUsd } from "@parlance/i18n";
import { useLayoutEffect, useRef, useState } from "react";
import { niceScale, type Bar } from "./usage.logic";

const HEIGHT = 200;
const TOP = 10;
const BOTTOM = 24;

/** Cost per day. The same numbers stand in the table below, so the drawing has one label for all. */
export function UsageChart({ bars }: { bars: Bar[] }) {
  const { t } = useLingui();
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);

  const { step, end } = niceScale(Math.max(...bars.map((bar) => bar.cost)));
  const plot = HEIGHT - TOP - BOTTOM;
  const ticks = end ? Array.from({ length: Math.round(end / step) + 1 }, (_, n) => n * step) : [0];
  const tickLabels = ticks.map((tick) => formatUsd(tick.toFixed(9)));
  // Room for the longest label, at the width of a digit in this size.
  const left = 12 + 6.6 * Math.max(...tickLabels.map((text) => text.length));
  const slot = (width - left) / bars.length;
  const barWidth = Math.max(2, Math.min(28, slot * 0.66));
  const y = (cost: number) => TOP + plot - (end ? (cost / end) * plot : 0);
  const every = Math.max(1, Math.ceil(bars.length / Math.max(2, Math.floor((width - left) / 64))));
  const label = (bar: Bar) => {
    const day = formatDay(bar.day);
    const cost = formatUsd(bar.row?.cost_usd ?? "0");
    const runs = formatNumber(bar.row?.runs ?? 0);
    return t`${day}: ${cost}, answers: ${runs}`;
  };

  return (
    <div ref={frame} className="h-50">
      {width > 0 && (
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={t`Cost per day`}
          className="block"
        >
          {ticks.map((tick, index) => (
            <g key={tick}>
              <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} className="stroke-line" />
              <text
                x={left - 10}
                y={y(tick) + 4}
                textAnchor="end"
                className="fill-subtle text-[0.6875rem] tabular-nums"
              >
                {tickLabels[index]}
              </text>
            </g>
          ))}
          {bars.map((bar, index) => {
            const x = left + slot * index;
            const height = bar.cost > 0 ? Math.max(2, HEIGHT - BOTTOM - y(bar.cost)) : 0;
            return (
              <g key={bar.day} data-tooltip={label(bar)} className="group">
                <rect
                  x={x}
                  y={TOP}
                  width={slot}
                  height={plot}
                  className="fill-transparent group-hover:fill-hover"
                />
                <rect
                  x={x + (slot - barWidth) / 2}
                  y={HEIGHT - BOTTOM - height}
                  width={barWidth}
                  height={height}
                  rx={Math.min(3, barWidth / 2, height / 2)}
                  className="fill-accent"
                />
                {index % every === 0 && (
                  <text
                    x={x + slot / 2}
                    y={HEIGHT - 6}
                    textAnchor="middle"
                    className="fill-subtle text-[0.6875rem] tabular-nums"
                  >
                    {formatDay(bar.day)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}
