-- What the batch computes from the tables above, and the alerts that it raises on their topic.
create table alerts_raised(
  event_id varchar primary key, participant varchar not null, study varchar not null, chart varchar not null,
  item varchar not null, study_day integer not null, value double not null, raised_at timestamptz not null);
create table alerts_superseded(
  event_id varchar primary key, alert varchar not null, participant varchar not null,
  superseded_at timestamptz not null);
create view alerts as
  select r.event_id as alert, r.* exclude (event_id), min(s.superseded_at) as superseded_at
  from alerts_raised r left join alerts_superseded s on s.alert = r.event_id group by all;

create table summaries(
  study varchar, participant varchar, indicator varchar, value double, n integer not null, n_pairs integer,
  reason varchar, computed_at timestamptz not null, primary key(study, participant, indicator));
create table arm_weeks(
  study varchar, measure varchar, arm varchar, week date, mean double, low double, high double, method varchar,
  people integer, checkins integer, reason varchar, computed_at timestamptz not null,
  primary key(study, measure, arm, week));
create table arm_changes(
  study varchar, measure varchar, arm varchar, claim varchar not null, estimate double, low double,
  high double, p double, p_adjusted double, tau2 double, i2 double, people integer, left_out integer,
  reason varchar, computed_at timestamptz not null, primary key(study, measure, arm));
create table model_terms(
  study varchar, measure varchar, model varchar, participant varchar, term varchar, estimate double, se double,
  low double, high double, p double, people integer not null, "rows" integer not null, reason varchar,
  caution varchar, computed_at timestamptz not null, primary key(study, measure, model, participant, term));
create table drift(
  study varchar, checked_at timestamptz, participants integer not null, compared bigint not null,
  different bigint not null, primary key(study, checked_at));

-- A value of a whole record with the compliance that stands behind it.
create view records as
  select s.*, c.value as compliance
  from summaries s left join summaries c
    on c.study = s.study and c.participant = s.participant and c.indicator = 'compliance';

-- What every id means, for readers of the data: written by the store when it starts.
create table catalogue(
  id varchar primary key, title varchar not null, family varchar not null, formula varchar not null,
  unit varchar not null, "range" varchar not null, minimum varchar not null, edge_cases varchar not null,
  interpretation varchar not null, source varchar not null, live boolean not null, research_only boolean not null);
