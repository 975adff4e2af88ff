import { Page } from "../parts/Page";

export default function Log() {
  return <Page title="Log">{null}</Page>;
}
