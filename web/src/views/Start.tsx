import { Page } from "../parts/Page";

export default function Start() {
  return <Page title="Start">{null}</Page>;
}
