import { Page } from "../parts/Page";

export default function History() {
  return <Page title="History">{null}</Page>;
}
