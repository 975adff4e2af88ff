import { Page } from "../parts/Page";

export default function Predict() {
  return <Page title="Predict">{null}</Page>;
}
