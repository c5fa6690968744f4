/** Keys as they are printed on a keyboard. */

const NAMED: Record<string, string> = { Control: "Ctrl", ArrowRight: "→", ArrowLeft: "←", ArrowDown: "↓", ArrowUp: "↑" };

export function KeyCaps({ keys }: { keys: string }) {
  return (
    <>
      {keys.split(/[ +]/).map((key) => (
        <kbd key={key}>{NAMED[key] ?? key}</kbd>
      ))}
    </>
  );
}
