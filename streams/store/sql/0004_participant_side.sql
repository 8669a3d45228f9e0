-- What is planned, asked, said and delivered; late answers; pauses and languages. The topics are read again:
-- what they hold of it had no place before.
delete from offsets;
alter table checkin_versions add column late_for varchar;
alter table checkin_versions add column opened_at timestamptz;
create table message_classifications(
  event_id varchar primary key, cause varchar not null, participant varchar not null, study varchar not null,
  intent varchar not null, unclear_in_a_row integer not null, occurred_at timestamptz not null);
create table planned_prompts(
  prompt_id varchar primary key, participant varchar not null, study varchar not null, local_date date not null,
  study_day integer not null, beep integer not null, "rule" varchar not null, channel varchar not null,
  scheduled_at timestamptz not null, expires_at timestamptz not null, zone varchar not null, per_day integer,
  answered_share double, planned_at timestamptz not null);
create table prompts_closed(
  prompt_id varchar primary key, participant varchar not null, study varchar not null, outcome varchar not null,
  detail varchar, closed_at timestamptz not null);
create table support_decisions(
  prompt_id varchar primary key, participant varchar not null, study varchar not null, available boolean not null,
  probability double not null, treated boolean not null, "text" varchar, decided_at timestamptz not null);
create table delivery_reports(
  event_id varchar primary key, "text" varchar not null, prompt_id varchar, participant varchar not null,
  study varchar not null, provider varchar not null, delivery varchar not null, code varchar, segments integer,
  reported_at timestamptz not null);
create table safety_alerts(
  event_id varchar primary key, cause varchar not null, participant varchar not null, study varchar not null,
  "rule" varchar not null, occurred_at timestamptz not null);
create table pauses(
  event_id varchar primary key, participant varchar not null, study varchar not null, paused boolean not null,
  until timestamptz, reason varchar not null, occurred_at timestamptz not null);
create table languages(
  event_id varchar primary key, participant varchar not null, study varchar not null, language varchar not null,
  occurred_at timestamptz not null);

create or replace view checkins as
  select checkin as event_id, * exclude (event_id, checkin, retracted), event_id as version_event
  from (
    select * from checkin_versions
    qualify row_number() over (partition by checkin order by version desc, event_id desc) = 1)
  where not retracted;

-- Every prompt from its plan to its end: a sent one is answered, expired or pending; one that was never sent is
-- pending until it is closed as discarded, cancelled or failed. Times in UTC, with the person's zone and its offset.
create view prompt_log as
  with every as (
    select coalesce(p.prompt_id, s.prompt_id) as prompt_id, coalesce(p.participant, s.participant) as participant,
      coalesce(p.study, s.study) as study, coalesce(p.channel, s.channel) as channel,
      coalesce(p.scheduled_at, s.scheduled_at) as scheduled_at, s.sent_at,
      coalesce(p.expires_at, s.expires_at) as expires_at, coalesce(p.study_day, s.study_day) as study_day,
      coalesce(p.beep, s.beep) as beep, p."rule", coalesce(p.zone, s.zone) as zone, p.per_day, p.answered_share
    from planned_prompts p full outer join prompts s using (prompt_id)),
  reports as (
    select prompt_id, min(reported_at) filter (delivery = 'delivered') as delivered_at,
      arg_max(delivery, reported_at) as delivery, sum(segments) filter (delivery = 'accepted') as segments
    from delivery_reports where prompt_id is not null group by prompt_id),
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
