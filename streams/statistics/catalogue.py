"""The catalogue of group methods: what each means, where it comes from and how much data it needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A catalogue entry.

    Attributes:
        id: The method's name in the data.
        title, formula, unit, range, source: For readers of the docs.
        minimum: How many `counted` are needed for a value.
        counted: What the minimum counts.
        edge_cases: What is returned where the formula is undefined.
        interpretation: What the number does and does not mean.
    """

    id: str
    title: str
    formula: str
    unit: str
    range: str
    source: str
    minimum: int
    counted: str
    edge_cases: str
    interpretation: str


PEOPLE_MEAN = Method(
    id="people_mean",
    title="Mean over people with a 95 % interval",
    formula="mean of one value per person; interval mean - s g^-1(+-t/sqrt(n)), t = t(n - 1), "
    "g(y) = y + k y^2/3 + k^2 y^3/27 + k/(6n), k = skewness",
    unit="the unit of the outcome",
    range="the range of the outcome",
    source="Hall 1992 (On the removal of skewness by transformation); Student 1908",
    minimum=2,
    counted="participants",
    edge_cases="one participant: no interval (too_few); all values equal: no interval (zero_variance); "
    "without skewness it is Student's t",
    interpretation="How much the mean would vary with other participants. Participants count as a whole, "
    "since a person's answers are correlated. With skewed values the interval reaches further on the side of "
    "the long tail. It can end beyond the scale.",
)
CHANGE = Method(
    id="change",
    title="One person's change from baseline",
    formula="mean(phase) - mean(baseline); se = sqrt(s_A^2/n_A + s_B^2/n_B); p by Welch's t",
    unit="scale points",
    range="-(U - L) to U - L",
    source="Welch 1947",
    minimum=5,
    counted="answers in each phase",
    edge_cases="too few in a phase: undefined (too_few); both phases constant: the difference without se "
    "and p (zero_variance)",
    interpretation="Change while in a phase. Successive answers are autocorrelated, so se and p are "
    "somewhat too small. People often join at their worst, so part of the change is regression to the mean.",
)
BH = Method(
    id="benjamini_hochberg",
    title="Adjusted p (false discovery rate)",
    formula="min over j >= rank of p_(j) * m / j, at most 1",
    unit="probability",
    range="0 to 1",
    source="Benjamini & Hochberg 1995",
    minimum=1,
    counted="tests in the family",
    edge_cases="a test without p stays without one and does not count in m",
    interpretation="If all tests below 0.05 are called discoveries, on average at most 5 % of them are "
    "false, within the family declared in advance.",
)
META = Method(
    id="meta",
    title="Change pooled over people",
    formula="sum(w y)/sum(w), w = 1/(se^2 + tau^2); tau^2 by DerSimonian-Laird or REML; "
    "Knapp-Hartung: se^2 = sum(w (y - mu)^2)/((k - 1) sum(w)), t(k - 1)",
    unit="scale points; I2 in percent",
    range="estimate -(U - L) to U - L; tau^2 >= 0; I2 0 to 100",
    source="DerSimonian & Laird 1986; Viechtbauer 2005; Hartung & Knapp 2001; Higgins & Thompson 2002",
    minimum=5,
    counted="people",
    edge_cases="people without a standard error cannot be pooled; fewer than 5: undefined (too_few); all "
    "effects equal: no Knapp-Hartung interval (zero_variance)",
    interpretation="The average change, and how much it differs between people (tau^2). If people happen to "
    "agree closely, the Knapp-Hartung interval can be narrower than the usual one.",
)
CONTRAST = Method(
    id="contrast",
    title="Difference between two arms in their change from baseline",
    formula="change in the arm - change in the reference; se^2 = se_1^2 + se_2^2; t with df = se^4 / "
    "(se_1^4/(k_1 - 1) + se_2^4/(k_2 - 1)). For scores at check-ins, the changes are those pooled over "
    "people; for other outcomes, mean differences over people, which makes it Welch's two-sample t",
    unit="the unit of the outcome",
    range="unbounded",
    source="Welch 1947; Satterthwaite 1946",
    minimum=5,
    counted="people in each arm with a usable change",
    edge_cases="fewer than 5 people in an arm: undefined (too_few), nobody: no_data; an arm where everybody "
    "changed equally: the difference without an interval (zero_variance); hidden (suppressed) wherever the "
    "change of either arm is hidden",
    interpretation="How much more one arm changed than the other. Only this is called an effect, and only "
    "where people were randomised to both arms before the phase or at its start: then whatever makes "
    "everybody improve, such as having joined at one's worst, is in both changes. Otherwise it is a "
    "difference in change, which may be due to who chose which arm.",
)
INTERRUPTED = Method(
    id="interrupted_time_series",
    title="One person's interrupted time series",
    formula="y = b0 + b1 t + b2 phase + b3 (t - t0)+ + e, corr(e, e') = phi^(gap/usual gap); averaged over "
    "the restricted likelihood of phi, 0 to 0.98; interval and p from the mixture of t distributions",
    unit="scale points; slopes in scale points per day",
    range="unbounded",
    source="Wagner et al. 2002; Jones 1993 (continuous-time AR(1)); Harville 1974",
    minimum=15,
    counted="observations on each side",
    edge_cases="fewer than 15 on either side: undefined (too_few); no variation of t on one side: "
    "rank_deficient; answers that fit the lines exactly: zero_variance",
    interpretation="b2 is the step and b3 the change in slope at the break. Both include whatever else "
    "happened at that time. t is real time, so missed prompts take their time.",
)
MIXED = Method(
    id="mixed_model",
    title="Phase by arm, with people as random effects",
    formula="y ~ phase * arm + (1 + phase | participant) + e, corr(e, e') = phi^(gap/usual gap) within a "
    "person, REML; t(people with both phases - arms)",
    unit="scale points",
    range="unbounded; standard deviations >= 0; correlation -1 to 1",
    source="Laird & Ware 1982; Jones 1993; Bates et al. 2015; containment degrees of freedom as in SAS PROC "
    "MIXED",
    minimum=5,
    counted="people in each arm",
    edge_cases="the likelihood has no maximum: undefined (not_converged); a variance of 0 or a correlation "
    "of -1 or 1: values with the caution singular_fit",
    interpretation="phase:arm is how much more an arm changed than the reference arm. It is an effect only "
    "if people were randomised to arms.",
)
INERTIA = Method(
    id="group_inertia",
    title="Carry-over from prompt to prompt, with people as random effects",
    formula="y ~ lag + (1 + lag | participant), lag centred on the person's mean, REML",
    unit="slope",
    range="about -1 to 1",
    source="Kuppens, Allen & Sheeber 2010",
    minimum=20,
    counted="pairs",
    edge_cases="as for the mixed model; a person with constant answers has lag 0 and informs "
    "only the intercept",
    interpretation="The average carry-over from one prompt to the next, and how much it differs "
    "between people. For groups only: one person's slope is too unreliable for feedback (Wendt et al. 2020).",
)
CLUSTER_OLS = Method(
    id="cluster_ols",
    title="Regression with errors clustered by participant",
    formula="OLS; (X'X)^-1 (sum X_g'e_g e_g'X_g) (X'X)^-1 * G/(G - 1) * (N - 1)/(N - K); t(G - 1)",
    unit="that of the outcome per unit of the column",
    range="unbounded",
    source="Liang & Zeger 1986; Cameron & Miller 2015",
    minimum=20,
    counted="participants",
    edge_cases="collinear columns: undefined (rank_deficient); fewer than 20 participants: "
    "undefined (too_few_clusters), since the errors would be too small",
    interpretation="An average over all answers, so people who answer more often weigh more.",
)
TREND = Method(
    id="trend",
    title="Trend over study days",
    formula="value ~ day + prompt of the day, OLS; standardised: b SD(day)/SD(value); errors clustered by "
    "participant, t(G - 1)",
    unit="scale points per day; standardised: standard deviations per standard deviation of the day",
    range="unbounded; standardised about -1 to 1",
    source="Fried, Papanikolaou & Epskamp 2022, who report the standardised slope; Liang & Zeger 1986; "
    "Cameron & Miller 2015",
    minimum=20,
    counted="participants",
    edge_cases="fewer than 20 participants: undefined (too_few_clusters); every answer the same: undefined "
    "(zero_variance); a single day: undefined (rank_deficient)",
    interpretation="How answers moved over the study, on average over all of them. It is no effect of "
    "anything: whatever else happened in those days is in it, and so is that people get used to being asked.",
)
WCLS = Method(
    id="wcls",
    title="Proximal effect in a micro-randomised trial",
    formula="weights (q/p)^A ((1 - q)/(1 - p))^(1 - A); regress y on controls and A - q; cluster sandwich, "
    "Mancl-DeRouen, t(people - coefficients)",
    unit="the unit of the outcome",
    range="unbounded",
    source="Boruvka et al. 2018; Mancl & DeRouen 2001; Liao et al. 2016",
    minimum=10,
    counted="people",
    edge_cases="unavailable points are excluded; a probability of 0 or 1 at an available point: undefined "
    "(not_randomised); never or always treated: rank_deficient",
    interpretation="The average difference that a treatment makes soon afterwards, at points where "
    "people were available. Treatment is randomised, so this is an effect.",
)
RELIABILITY = Method(
    id="reliability",
    title="Reliability of a composite between people and of change",
    formula="variance components by REML, k items, T check-ins (harmonic mean): "
    "RkF = (P + PI/k)/(P + PI/k + e/(T k)); Rc = PT/(PT + e/k); R1R, RkR with time random; "
    "RkRn, Rcn with time nested in people",
    unit="share of variance",
    range="0 to 1",
    source="Cranford et al. 2006; Shrout & Lane 2012; formulae as in psych's mlr (Revelle)",
    minimum=5,
    counted="people with two check-ins at which every item was answered",
    edge_cases="one item: undefined (too_few_items); items that agree less within check-ins than between "
    "them: undefined (negative_variance)",
    interpretation="RkF says how well people's averages are told apart, Rc how well a person's changes are. "
    "A scale may have a high RkF and too low an Rc for the study of change.",
)
OMEGA = Method(
    id="omega",
    title="Omega within and between people",
    formula="(sum l)^2/((sum l)^2 + sum u), one factor by maximum likelihood in S_PW and in "
    "(S_B - S_PW)/c; with two items Spearman-Brown, 2 r/(1 + r)",
    unit="share of variance",
    range="0 to 1",
    source="Geldhof, Preacher & Zyphur 2014; Muthén 1994; Eisinga, te Grotenhuis & Pelzer 2013",
    minimum=20,
    counted="people with two check-ins at which every item was answered",
    edge_cases="an item's unique variance, or a variance between people, would be below 0: undefined "
    "(negative_variance)",
    interpretation="How much of the composite is the one thing that its items share: of a person's ups and "
    "downs within, of differences between people's levels between. With few people the latter is rough.",
)
CELLS = Method(
    id="cells",
    title="Suppression of small cells",
    formula="hide 0 < n < 10 (public) or 0 < n < 5 (staff); then hide more until no hidden small cell can "
    "be bounded below the threshold from what is shown",
    unit="people",
    range="shown or hidden",
    source="Hundepool et al. 2012, for complementary suppression; the thresholds are this project's",
    minimum=10,
    counted="people",
    edge_cases="an empty cell is shown as such; hidden cells look the same, whatever the cause",
    interpretation="A hidden cell reveals nothing, not even that it is small.",
)

METHODS = (
    PEOPLE_MEAN, CHANGE, BH, META, CONTRAST, INTERRUPTED, MIXED, INERTIA, CLUSTER_OLS, TREND, WCLS,
    RELIABILITY, OMEGA, CELLS,
)  # fmt: skip
