import { Page } from "../parts/Page";

export default function Segments() {
  return <Page title="Segments">{null}</Page>;
}
