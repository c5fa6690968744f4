/** How it went: tokens, speed, how much of the context is used. */

import type { Variant } from "../writing";

interface StatusProps {
  variant: Variant | null;
  running: boolean;
}

export function Status({ variant, running }: StatusProps) {
  if (!variant || variant.written.length === 0) return <p class="status muted">Ctrl + Enter writes, Alt + → one token, Esc stops.</p>;
  const used = variant.prompt.length + variant.written.length;
  const rate = variant.timed > 1 && variant.first !== null ? (variant.timed - 1) / Math.max(variant.seconds - variant.first, 1e-6) : null;
  const facts = [
    `${variant.written.length} tokens`,
    rate !== null && `${rate.toFixed(0)} tokens/s`,
    variant.first !== null && `first after ${(variant.first * 1000).toFixed(0)} ms`,
    variant.context > 0 && `${used} of ${variant.context} in view`,
    variant.seed !== null && `seed ${variant.seed}`,
    !running && variant.finish === "stop" && "ended by itself",
    !running && variant.finish === "stopped" && "stopped",
    !running && variant.finish === "length" && variant.context > 0 && used >= variant.context && "all that it can look at is full",
  ].filter(Boolean);
  return (
    <p class="status muted numbers" data-seed={variant.seed ?? ""}>
      {facts.join(" · ")}
      {variant.context > 0 && (
        <span
          class="gauge"
          role="meter"
          aria-label="Context used"
          aria-valuemin={0}
          aria-valuemax={variant.context}
          aria-valuenow={Math.min(used, variant.context)}
        >
          <i style={{ width: `${Math.min((100 * used) / variant.context, 100)}%` }} />
        </span>
      )}
    </p>
  );
}
