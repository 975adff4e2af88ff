import { Page } from "../parts/Page";

export default function New() {
  return <Page title="New">{null}</Page>;
}
