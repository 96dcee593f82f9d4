import type { Line, View } from "@whisper/shared/client/view";
import { COMMENT_POINTS_MAX, EVIDENCE_MAX } from "@whisper/shared/limits";
import type { ReportReason } from "@whisper/shared/protocol/client-frames";
import { pointsUpTo } from "@whisper/shared/protocol/fields";
import { useEffect, useRef, useState } from "preact/hooks";
import { REPORT_REASONS, words } from "../words.ts";
import { Dialog } from "./dialog.tsx";

/** Without an answer for so long, the page says so. */
const SILENT_MS = 10_000;

type Sent = { readonly afterNo: number; readonly isSilent: boolean };
type Props = {
  readonly transcript: readonly Line[];
  readonly notice: View["notice"];
  readonly onReport: (reason: ReportReason, comment: string, evidence: readonly string[]) => void;
  readonly onClose: () => void;
};

/** A report: reason, remark, chosen lines. It says "we have it" only when the server has said so. */
export function ReportDialog(props: Props) {
  const [sent, setSent] = useState<Sent | undefined>(undefined);
  const answer = answerTo(sent, props.notice);
  useEffect(() => {
    if (sent === undefined || sent.isSilent || answer !== undefined) return;
    const timer = setTimeout(() => setSent({ ...sent, isSilent: true }), SILENT_MS);
    return () => clearTimeout(timer);
  }, [sent, answer]);
  const onReport: Props["onReport"] = (reason, comment, evidence) => {
    setSent({ afterNo: props.notice?.no ?? 0, isSilent: false });
    props.onReport(reason, comment, evidence);
  };
  return (
    <Dialog titleId="report-title" onClose={props.onClose}>
      {answer === undefined ? (
        <ReportForm {...props} onReport={onReport} sent={sent} />
      ) : (
        <ReportAnswer isReceived={answer === "report_received"} onClose={props.onClose} />
      )}
    </Dialog>
  );
}

/** The server's word on a report that was sent; `undefined` until it comes. */
function answerTo(sent: Sent | undefined, notice: View["notice"]): "report_received" | "report_refused" | undefined {
  if (sent === undefined || notice === undefined || notice.no <= sent.afterNo) return undefined;
  return notice.code === "report_received" || notice.code === "report_refused" ? notice.code : undefined;
}

function ReportAnswer({ isReceived, onClose }: { readonly isReceived: boolean; readonly onClose: () => void }) {
  const done = useRef<HTMLButtonElement>(null);
  useEffect(() => done.current?.focus(), []);
  return (
    <div role="status">
      <h2 id="report-title">{isReceived ? words.report.received : words.report.refused}</h2>
      {isReceived ? <p>{words.report.receivedHint}</p> : null}
      <div class="dialog-actions">
        <button type="button" class="firm" ref={done} onClick={onClose}>
          {words.report.done}
        </button>
      </div>
    </div>
  );
}

function ReportForm(props: Props & { readonly sent: Sent | undefined }) {
  const [reason, setReason] = useState<ReportReason | undefined>(undefined);
  const [comment, setComment] = useState("");
  const [evidence, setEvidence] = useState<readonly number[]>([]);
  const isSending = props.sent !== undefined && !props.sent.isSilent;
  const isTooLong = pointsUpTo(comment, COMMENT_POINTS_MAX) > COMMENT_POINTS_MAX;
  const theirs = props.transcript.filter((line) => line.from === "partner");
  const send = (): void => {
    if (reason === undefined || isSending || isTooLong) return;
    const chosen = theirs.filter((line) => evidence.includes(line.id)).map((line) => line.text);
    props.onReport(reason, comment.trim(), chosen);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <h2 id="report-title">{words.report.heading}</h2>
      <ReasonField reason={reason} onChange={setReason} />
      <EvidenceField lines={theirs} chosen={evidence} onChange={setEvidence} />
      <label class="field">
        <span>{words.report.comment}</span>
        <textarea
          rows={2}
          value={comment}
          aria-invalid={isTooLong}
          aria-describedby="comment-hint"
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </label>
      <p class={isTooLong ? "hint fault" : "hint"} id="comment-hint">
        {words.report.commentHint}
      </p>
      <p class="fault" role="status">
        {props.sent?.isSilent === true ? words.report.silent : ""}
      </p>
      <div class="dialog-actions">
        <button type="button" class="quiet" onClick={props.onClose}>
          {words.report.cancel}
        </button>
        <button type="submit" class="firm" disabled={reason === undefined || isSending || isTooLong}>
          {isSending ? words.report.sending : words.report.send}
        </button>
      </div>
    </form>
  );
}

function ReasonField(props: {
  readonly reason: ReportReason | undefined;
  readonly onChange: (reason: ReportReason) => void;
}) {
  return (
    <fieldset class="field">
      <legend>{words.report.reason}</legend>
      {REPORT_REASONS.map((reason) => (
        <label class="choice" key={reason}>
          <input
            type="radio"
            name="reason"
            value={reason}
            checked={props.reason === reason}
            onChange={() => props.onChange(reason)}
          />
          <span>{words.report.reasons[reason]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function EvidenceField(props: {
  readonly lines: readonly Line[];
  readonly chosen: readonly number[];
  readonly onChange: (chosen: readonly number[]) => void;
}) {
  const { lines, chosen, onChange } = props;
  const isFull = chosen.length >= EVIDENCE_MAX;
  return (
    <fieldset class="field">
      <legend>{words.report.evidence}</legend>
      <p class="hint">{lines.length === 0 ? words.report.evidenceNone : words.report.evidenceHint(EVIDENCE_MAX)}</p>
      {lines.length === 0 ? null : (
        <div class="evidence">
          {lines.toReversed().map((line) => (
            <label class="choice" key={line.id}>
              <input
                type="checkbox"
                checked={chosen.includes(line.id)}
                disabled={isFull && !chosen.includes(line.id)}
                onChange={() =>
                  onChange(chosen.includes(line.id) ? chosen.filter((id) => id !== line.id) : [...chosen, line.id])
                }
              />
              <span dir="auto">{line.text}</span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}
