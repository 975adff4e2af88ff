import { Component, type ComponentChildren } from "preact";
import { ErrorNote } from "./ErrorNote";

/** Keeps a fault in one view from taking the whole page away. */
export class Boundary extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <div class="page">
        <ErrorNote error="This view cannot be shown: the page has a fault. What you did so far is saved." retry={() => this.setState({ error: null })} />
      </div>
    );
  }
}
