import { Page } from "../parts/Page";

export default function Model() {
  return <Page title="Model">{null}</Page>;
}
