import { Page } from "../parts/Page";

export default function Segment() {
  return <Page title="Segment">{null}</Page>;
}
