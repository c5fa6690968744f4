/** Where the page begins. */

import { render } from "preact";

import { App } from "./app";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/text.css";
import "./styles/inside.css";
import "./styles/screens.css";
import "./styles/models.css";

render(<App />, document.getElementById("page")!);
