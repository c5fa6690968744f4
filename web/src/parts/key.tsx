/** The server was started with a key: the page asks for it, and sends it along from then on. */

import { useState } from "preact/hooks";

import { setKey } from "../api";

export function KeyForm({ again }: { again: () => void }) {
  const [typed, setTyped] = useState("");
  return (
    <form
      class="empty"
      onSubmit={(event) => {
        event.preventDefault();
        setKey(typed.trim());
        again();
      }}
    >
      <h1>A key, please</h1>
      <p>This server was started with an API key. It is kept until this tab is closed.</p>
      <label class="row">
        Key
        <input type="password" autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        <button type="submit" class="main">
          Open
        </button>
      </label>
    </form>
  );
}
