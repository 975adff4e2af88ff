import { Page } from "../parts/Page";

export default function Explore() {
  return <Page title="Explore">{null}</Page>;
}
