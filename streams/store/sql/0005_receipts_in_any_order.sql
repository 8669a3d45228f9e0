-- Receipts come in any order: of what is told of a text, what happens last holds, not what was told last.
create view ranked_delivery_reports as
  select *, list_position(['claimed', 'withheld', 'accepted', 'sent', 'unknown', 'failed', 'delivered'], delivery)
    as stage
  from delivery_reports;

create or replace view prompt_log as
  with every as (
    select coalesce(p.prompt_id, s.prompt_id) as prompt_id, coalesce(p.participant, s.participant) as participant,
      coalesce(p.study, s.study) as study, coalesce(p.channel, s.channel) as channel,
      coalesce(p.scheduled_at, s.scheduled_at) as scheduled_at, s.sent_at,
      coalesce(p.expires_at, s.expires_at) as expires_at, coalesce(p.study_day, s.study_day) as study_day,
      coalesce(p.beep, s.beep) as beep, p."rule", coalesce(p.zone, s.zone) as zone, p.per_day, p.answered_share
    from planned_prompts p full outer join prompts s using (prompt_id)),
  reports as (
    select prompt_id, min(reported_at) filter (delivery = 'delivered') as delivered_at,
      arg_max(delivery, stage) as delivery, sum(segments) filter (delivery = 'accepted') as segments
    from ranked_delivery_reports where prompt_id is not null group by prompt_id),
  ends as (
    select checkin, max(recorded_at) as submitted_at from checkin_versions where not retracted group by checkin)
  select e.*, r.delivered_at, r.delivery, r.segments, c.opened_at, c.started_at, e2.submitted_at, o.checkin,
    case when o.checkin is not null then 'answered' when k.outcome is not null then k.outcome
      when e.expires_at <= now() then case when e.sent_at is null then 'failed' else 'expired' end
      else 'pending' end as status,
    k.detail, date_diff('minute', timezone('UTC', e.scheduled_at), timezone(e.zone, e.scheduled_at)) as offset_minutes
  from every e
  left join prompt_outcomes o using (prompt_id)
  left join checkins c on c.event_id = o.checkin
  left join ends e2 on e2.checkin = o.checkin
  left join reports r using (prompt_id)
  left join prompts_closed k using (prompt_id);
