import { Page } from "../parts/Page";

export default function Monitor() {
  return <Page title="Monitor">{null}</Page>;
}
