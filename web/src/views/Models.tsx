import { Page } from "../parts/Page";

export default function Models() {
  return <Page title="Models">{null}</Page>;
}
