-- One row for each participant: current details, the arm that they began in, and whether they ever moved.
create or replace view participants as
  select participant, arg_max(study, (occurred_at, event_id)) as study, arg_max(arm, (occurred_at, event_id)) as arm,
    arg_max(language, (occurred_at, event_id)) as language, arg_max(zone, (occurred_at, event_id)) as zone,
    arg_max(start_date, (occurred_at, event_id)) as start_date, max(occurred_at) as occurred_at,
    arg_min(arm, (occurred_at, event_id)) as first_arm, count(distinct arm) > 1 as moved_arm
  from enrolments group by participant;

-- The highest version of each check-in, unless it is retracted.
create or replace view checkins as
  select checkin as event_id, * exclude (event_id, checkin, retracted), event_id as version_event
  from (
    select * from checkin_versions
    qualify row_number() over (partition by checkin order by version desc, event_id desc) = 1)
  where not retracted;

-- The answers of each check-in in `checkins`; `option` is empty for a number.
create or replace view answers as
  select c.event_id as checkin, a.item, a.option, a.participant, a.value
  from answer_versions a join checkins c on c.version_event = a.event_id;

-- The rolling indicators at each check-in in `checkins`, each value with the compliance of its window. Values of an
-- earlier revision that the latest one no longer has are left out.
create or replace view indicators as
  select v.participant, v.indicator, v.scale, v.window_length, v.window_end, v.checkin, v.study, v.value, v.n,
    v.n_pairs, v.reason, v.notes, k.value as compliance, v.revision
  from indicator_values v semi join checkins c on c.event_id = v.checkin
  left join indicator_values k on k.checkin = v.checkin and k.window_length = v.window_length
    and k.indicator = 'compliance' and k.scale = ''
  where k.revision is null or v.revision = k.revision;

-- Each prompt that was sent, with the check-in that answers it, by the rule of streams/records/matching.py;
-- tests/streams/store/test_matching_law.py holds this view to it.
create or replace view prompt_outcomes as
  with candidates as (select * from checkins where late_for is null),
  named as (
    select p.prompt_id, c.event_id, c.occurred_at
    from candidates c join prompts p on p.prompt_id = c.prompt_id and p.participant = c.participant),
  latest as (
    select p.prompt_id, c.event_id, c.occurred_at, p.expires_at
    from (select * from candidates where prompt_id is null) c
    asof join (
      select * from prompts
      qualify row_number() over (partition by participant, sent_at order by prompt_id desc) = 1) p
    on c.participant = p.participant and c.occurred_at >= p.sent_at),
  answers as (
    select prompt_id, event_id, occurred_at from named
    union all
    select prompt_id, event_id, occurred_at from latest where occurred_at < expires_at),
  firsts as (
    select prompt_id, arg_min(event_id, (occurred_at, event_id)) as checkin, min(occurred_at) as answered_at
    from answers group by prompt_id)
  select p.*, f.checkin, f.answered_at,
    case when f.checkin is not null then 'answered' when p.expires_at <= now() then 'expired' else 'pending' end
      as status
  from prompts p left join firsts f using (prompt_id);

-- Each check-in with its local date and hour, the arm in force at its time (before the first enrolment, the first arm),
-- whether it was prompted or made on the participant's own initiative, and its study day: the day for which the prompt
-- that it answers was planned, otherwise that of its local date. The rules are those of streams/records/matching.py.
create or replace view checkin_days as
  select c.event_id as checkin, c.participant, coalesce(e.arm, p.first_arm) as arm, c.study, c.channel,
    c.occurred_at, cast(timezone(c.zone, c.occurred_at) as date) as local_date,
    hour(timezone(c.zone, c.occurred_at)) as local_hour,
    coalesce(o.study_day, date_diff('day', p.start_date, cast(timezone(c.zone, c.occurred_at) as date)) + 1)
      as study_day,
    o.checkin is not null or c.prompt_id is not null or c.late_for is not null as prompted
  from checkins c join participants p using (participant)
  asof left join enrolments e on e.participant = c.participant and c.occurred_at >= e.occurred_at
  left join (select checkin, study_day from prompt_outcomes where checkin is not null) o on o.checkin = c.event_id;

-- The score of each measure at each check-in, in scale points: the mean of its items that were answered, decimals kept
-- (streams/records/scores.py), whether `prompted` or not. `centred` is its distance from `person_mean`, the mean of all
-- of the participant's scores. Left out are answers to versions of the study that ask the measure with other items or on
-- another scale than the newest version that people are in; tests/streams/store/test_scores_view.py holds this view to both.
create or replace view scores as
  with items as (
    select ref, id, version, item ->> '$.id' as item, item ->> '$.measures' as measure,
      [item ->> '$.id', item ->> '$.scale.min', item ->> '$.scale.max'] as asked
    from (select ref, id, version, unnest(from_json(definition -> '$.items', '["json"]')) as item from studies)
    where (item ->> '$.kind') = 'scale' and (item ->> '$.measures') is not null),
  measures as (select ref, id, measure, list_sort(list(asked)) as asked from items group by ref, id, measure),
  newest as (
    select s.id, arg_max(s.ref, s.version) as ref from studies s semi join participants p on p.study = s.ref group by s.id),
  alike as (
    select m.ref, m.id, m.measure
    from measures m join newest n using (id) join measures w on w.ref = n.ref and w.measure = m.measure and w.asked = m.asked),
  scored as (
    select d.participant, d.checkin, k.id as study, k.measure, d.study_day, d.prompted, favg(a.value order by a.item) as score
    from answers a join checkin_days d using (checkin)
    join items i on i.ref = d.study and i.item = a.item
    join alike k on k.ref = i.ref and k.measure = i.measure
    where a.option = '' and a.value is not null group by all)
  select *, favg(score) over person as person_mean, score - favg(score) over person as centred
  from scored
  window person as (
    partition by participant, study, measure
    order by checkin rows between unbounded preceding and unbounded following);

-- Each participant's newest values, as of the query. A value whose window has passed since is empty, with the
-- reason `no_data`; `days_since_checkin` is the number of days since the participant's last check-in. Values of
-- prompted check-ins alone, and of those on own initiative, are there if the newest window holds any of the latter.
create or replace view current_indicators as
  with newest as (
    select * from indicators
    qualify row_number() over (
      partition by participant, indicator, scale, window_length order by window_end desc, checkin desc) = 1
      and checkin = first_value(checkin) over (
        partition by participant, split_part(indicator, '/', 1), scale, window_length
        order by window_end desc, checkin desc))
  select participant, indicator, scale, window_length, window_end, study,
    date_diff('hour', window_end, now()) // 24 as days_since_checkin,
    case when fresh then value end as value, case when fresh then n else 0 end as n,
    case when fresh then n_pairs end as n_pairs, case when fresh then reason else 'no_data' end as reason, notes
  from (
    select *, window_end > now() - case window_length
      when '1d' then interval 1 day when '7d' then interval 7 day else interval 28 day end as fresh
    from newest);

-- Every chart alert, and when later data superseded it.
create or replace view alerts as
  select r.event_id as alert, r.* exclude (event_id), min(s.superseded_at) as superseded_at
  from alerts_raised r left join alerts_superseded s on s.alert = r.event_id group by all;

-- Values over full records, each with the participant's compliance.
create or replace view records as
  select s.*, c.value as compliance
  from summaries s left join summaries c
    on c.study = s.study and c.participant = s.participant and c.indicator = 'compliance';

-- Delivery reports with their stage. They arrive in any order: for each text, the report of the latest stage holds,
-- not the one that arrived last.
create or replace view ranked_delivery_reports as
  select *, list_position(['claimed', 'withheld', 'accepted', 'sent', 'unknown', 'failed', 'delivered'], delivery)
    as stage
  from delivery_reports;

-- Every prompt from its plan to its end: a sent one is answered, expired or pending; one that was never sent is
-- pending until it is closed as discarded, cancelled or failed. Times are in UTC, with the participant's zone and
-- its offset.
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

-- Every event that was accepted by the gateway, a text or a form, by its `status`: `stored` as a check-in, or as a text
-- that needs none, such as HELP; `quarantined`, if only a dead letter is left of it; or `pending`, not
-- read from Kafka yet. A correction or a retraction is a separate event.
create or replace view accepted_events as
  with accepted as (
    select event_id, 'text' as kind from messages
    union all
    select event_id, 'form' from checkin_versions where cause is null),
  known as (select event_id from messages union all select event_id from checkin_versions),
  quarantined as (
    select cause as event_id, max(case topic when 'inbound.messages.v1' then 'text' when 'checkins.v1' then 'form' end)
      as kind
    from dead_letters where cause is not null group by cause),
  stored as (
    select coalesce(cause, event_id) as event_id from checkin_versions
    union
    select cause from message_classifications where intent not in ('answer', 'correction', 'unclear')),
  every as (
    select * from accepted
    union all
    select * from quarantined anti join known using (event_id) where kind is not null)
  select e.event_id, e.kind, case when s.event_id is not null then 'stored'
    when q.event_id is not null then 'quarantined' else 'pending' end as status
  from every e left join stored s using (event_id) left join quarantined q using (event_id);

-- Every call for help: an alert of a safety rule, with who attended to it first, when, and what they did. The last
-- three are empty while nobody has.
create or replace view help_calls as
select s.event_id as alert, s.participant, s.study, s."rule", s.occurred_at,
    arg_min(a.attended_by, a.attended_at) as attended_by, arg_min(a.did, a.attended_at) as did,
    min(a.attended_at) as attended_at
from safety_alerts s
left join safety_attentions a on a.alert = s.event_id
group by all;
