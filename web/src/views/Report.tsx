/** The report of a project, drawn in the page; the same as its HTML file. */
import { get, ofProject } from "../api/client";
import type { PageData } from "../api/page";
import { ReportPage } from "../parts/blocks";
import { ButtonLink } from "../parts/Button";
import { ErrorNote } from "../parts/ErrorNote";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { useLoad } from "../parts/useLoad";
import { href, navigate } from "../router";
import { to } from "../routes";
import { useStore } from "./project/store";

export default function Report({ params }: { params: { id?: string } }) {
  const id = params.id ?? "";
  const store = useStore();
  const page = useLoad((stop) => get<PageData>(ofProject(id, "report"), {}, stop), [id]);
  const show = (name: string) => {
    const segment = store.segments.peek()?.segments.find((each) => each.name === name);
    navigate(to("p", id, "map") + (segment ? `?segment=${encodeURIComponent(segment.id)}` : ""));
  };
  return (
    <Page
      title={page.data?.title ?? "Report"}
      intro={page.data?.subtitle}
      tools={
        <ButtonLink href={ofProject(id, "files", "report.html")} download icon={<Icon name="download" size={18} />}>
          HTML file
        </ButtonLink>
      }
    >
      {page.error ? (
        <ErrorNote error={page.error} retry={page.reload} />
      ) : page.data ? (
        <ReportPage page={page.data} files={ofProject(id, "files", "")} map={href(to("p", id, "map"))} onShowGroup={show} />
      ) : (
        <Loading />
      )}
    </Page>
  );
}
