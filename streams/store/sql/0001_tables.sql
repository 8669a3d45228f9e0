create table offsets(topic varchar, "partition" integer, next_offset bigint not null, primary key(topic, "partition"));
create table studies(ref varchar primary key, id varchar not null, version integer not null, definition varchar not null);
create table participants(
  participant varchar primary key, study varchar not null, arm varchar not null, language varchar not null,
  zone varchar not null, start_date date not null, occurred_at timestamptz not null);
create table consents(
  event_id varchar primary key, participant varchar not null, study varchar not null, status varchar not null,
  text_version varchar not null, occurred_at timestamptz not null);
create table messages(
  event_id varchar primary key, participant varchar not null, study varchar not null, provider varchar not null,
  occurred_at timestamptz not null, recorded_at timestamptz not null);
create table prompts(
  prompt_id varchar primary key, participant varchar not null, study varchar not null, channel varchar not null,
  scheduled_at timestamptz not null, sent_at timestamptz not null, expires_at timestamptz not null,
  study_day integer not null, beep integer not null, zone varchar not null);
create table checkins(
  event_id varchar primary key, participant varchar not null, study varchar not null, channel varchar not null,
  language varchar not null, prompt_id varchar, cause varchar, rule varchar, occurred_at timestamptz not null,
  recorded_at timestamptz not null, zone varchar not null);
create table answers(
  checkin varchar, item varchar, option varchar, participant varchar not null, value integer,
  primary key(checkin, item, option));
create table indicators(
  participant varchar, indicator varchar, scale varchar, window_length varchar, window_end timestamptz,
  checkin varchar not null, study varchar not null, value double, n integer not null, n_pairs integer,
  reason varchar, revision integer not null,
  primary key(participant, indicator, scale, window_length, window_end, checkin));
create table dead_letters(
  event_id varchar primary key, cause varchar, participant varchar, study varchar, topic varchar not null,
  "partition" integer not null, "offset" bigint not null, reason varchar not null, detail varchar not null,
  occurred_at timestamptz not null);

create view checkin_days as
  select c.event_id as checkin, c.participant, p.arm, c.study, c.channel, c.occurred_at,
    cast(timezone(c.zone, c.occurred_at) as date) as local_date,
    hour(timezone(c.zone, c.occurred_at)) as local_hour,
    date_diff('day', p.start_date, cast(timezone(c.zone, c.occurred_at) as date)) + 1 as study_day
  from checkins c join participants p using (participant);

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
