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
