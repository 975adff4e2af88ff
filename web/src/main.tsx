import { render } from "preact";
import { App } from "./App";
import { startTheme } from "./frame/theme";
import { startRouter } from "./router";
import "./style/tokens.css";
import "./style/base.css";

startTheme();
startRouter();
const place = document.getElementById("app");
if (place) render(<App />, place);
