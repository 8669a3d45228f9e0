-- Versions of check-ins and of enrolments are kept, and views show those that hold. What was there is derived
-- from the topics: forgetting the offsets has the store read them again.
drop view prompt_outcomes;
drop view checkin_days;
drop table indicators;
drop table answers;
drop table checkins;
drop table participants;
delete from offsets;

create table enrolments(
  event_id varchar primary key, participant varchar not null, study varchar not null, arm varchar not null,
  language varchar not null, zone varchar not null, start_date date not null, occurred_at timestamptz not null);
create table checkin_versions(
  event_id varchar primary key, checkin varchar not null, version integer not null, retracted boolean not null,
  participant varchar not null, study varchar not null, channel varchar, language varchar, prompt_id varchar,
  cause varchar, rule varchar, started_at timestamptz, occurred_at timestamptz not null,
  recorded_at timestamptz not null, zone varchar not null);
create table answer_versions(
  event_id varchar, item varchar, option varchar, participant varchar not null, value integer,
  primary key(event_id, item, option));
create table indicator_values(
  checkin varchar, indicator varchar, scale varchar, window_length varchar, participant varchar not null,
  window_end timestamptz not null, study varchar not null, value double, n integer not null, n_pairs integer,
  reason varchar, notes varchar, revision integer not null,
  primary key(checkin, indicator, scale, window_length));

-- One row for each person: what holds now, the arm that they began in, and whether they ever moved.
create view participants as
  select participant, arg_max(study, (occurred_at, event_id)) as study, arg_max(arm, (occurred_at, event_id)) as arm,
    arg_max(language, (occurred_at, event_id)) as language, arg_max(zone, (occurred_at, event_id)) as zone,
    arg_max(start_date, (occurred_at, event_id)) as start_date, max(occurred_at) as occurred_at,
    arg_min(arm, (occurred_at, event_id)) as first_arm, count(distinct arm) > 1 as moved_arm
  from enrolments group by participant;

-- The highest version of each check-in, unless that takes it back.
create view checkins as
  select checkin as event_id, * exclude (event_id, checkin, retracted), event_id as version_event
  from (
    select * from checkin_versions
    qualify row_number() over (partition by checkin order by version desc, event_id desc) = 1)
  where not retracted;

create view answers as
  select c.event_id as checkin, a.item, a.option, a.participant, a.value
  from answer_versions a join checkins c on c.version_event = a.event_id;

-- Each value with the compliance of its window.
create view indicators as
  select v.participant, v.indicator, v.scale, v.window_length, v.window_end, v.checkin, v.study, v.value, v.n,
    v.n_pairs, v.reason, v.notes, k.value as compliance, v.revision
  from indicator_values v semi join checkins c on c.event_id = v.checkin
  left join indicator_values k on k.checkin = v.checkin and k.window_length = v.window_length
    and k.indicator = 'compliance' and k.scale = '';

-- The arm is the one in force at the time of the check-in; before the first enrolment, the first one.
create view checkin_days as
  select c.event_id as checkin, c.participant, coalesce(e.arm, p.first_arm) as arm, c.study, c.channel,
    c.occurred_at, cast(timezone(c.zone, c.occurred_at) as date) as local_date,
    hour(timezone(c.zone, c.occurred_at)) as local_hour,
    date_diff('day', p.start_date, cast(timezone(c.zone, c.occurred_at) as date)) + 1 as study_day
  from checkins c join participants p using (participant)
  asof left join enrolments e on e.participant = c.participant and c.occurred_at >= e.occurred_at;

-- A check-in answers the prompt that it names; one that names none (a text) answers the person's latest
-- prompt, if that has not expired. The first answer of a prompt counts.
create view prompt_outcomes as
  with named as (select prompt_id, event_id, occurred_at from checkins where prompt_id is not null),
  latest as (
    select p.prompt_id, c.event_id, c.occurred_at, p.expires_at
    from (select * from checkins where prompt_id is null) c
    asof join prompts p on c.participant = p.participant and c.occurred_at >= p.sent_at),
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

-- How things are now: the newest values of each person, but none from a window that has passed since. Asked at
-- any moment it tells the truth of that moment: somebody who went quiet has no value, and how long is said.
create view current_indicators as
  with newest as (
    select * from indicators
    qualify row_number() over (
      partition by participant, indicator, scale, window_length order by window_end desc, checkin desc) = 1)
  select participant, indicator, scale, window_length, window_end, study,
    date_diff('hour', window_end, now()) // 24 as days_since_checkin,
    case when fresh then value end as value, case when fresh then n else 0 end as n,
    case when fresh then n_pairs end as n_pairs, case when fresh then reason else 'no_data' end as reason, notes
  from (
    select *, window_end > now() - case window_length
      when '1d' then interval 1 day when '7d' then interval 7 day else interval 28 day end as fresh
    from newest);
