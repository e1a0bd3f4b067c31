import datetime
import uuid
from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import tracker.models.patients
import tracker.models.reminders


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clinic",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, unique=True)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("phone", models.CharField(max_length=40)),
                ("emergency_number", models.CharField(default="112", max_length=20)),
                ("emergency_text", models.CharField(blank=True, max_length=300)),
                ("quiet_from", models.TimeField(default=datetime.time(21, 0))),
                ("quiet_until", models.TimeField(default=datetime.time(7, 0))),
                (
                    "term_display",
                    models.CharField(
                        choices=[("term", "Surgeon's term (PWB)"), ("loading", "Three levels (limited)")],
                        default="term",
                        max_length=8,
                    ),
                ),
                ("ticked_on", models.DateField(blank=True, editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(max_length=120)),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="user_email_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField()),
                ("route", models.CharField(max_length=200)),
                ("body_hash", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("answer", models.JSONField()),
                ("created_at", models.DateTimeField(db_index=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="idempotency_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                ("on_duty", models.BooleanField(default=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="tracker.clinic"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "clinic"), name="membership_once"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["physiotherapist", "surgeon", "coordinator", "auditor"])),
                        name="membership_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("record_number", models.CharField(blank=True, max_length=40)),
                ("given_name", models.CharField(max_length=80)),
                ("family_name", models.CharField(max_length=80)),
                ("birth_date", models.DateField()),
                (
                    "sex",
                    models.CharField(
                        choices=[("female", "female"), ("male", "male"), ("other", "other")], max_length=24
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("time_zone", models.CharField(max_length=64)),
                ("language", models.CharField(default="en", max_length=8)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("consent_version", models.CharField(blank=True, max_length=20)),
                ("consent_at", models.DateTimeField(blank=True, null=True)),
                ("salt", models.CharField(default=tracker.models.patients.new_salt, editable=False, max_length=32)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="patients", to="tracker.clinic"
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="patient",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("record_number", ""), _negated=True),
                        fields=("clinic", "record_number"),
                        name="patient_record_number_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Episode",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "procedure",
                    models.CharField(
                        choices=[
                            ("MOWHTO", "MOWHTO"),
                            ("LCWHTO", "LCWHTO"),
                            ("MCWDFO", "MCWDFO"),
                            ("LOWDFO", "LOWDFO"),
                            ("DLO", "DLO"),
                        ],
                        max_length=24,
                    ),
                ),
                ("side", models.CharField(choices=[("left", "left"), ("right", "right")], max_length=24)),
                (
                    "indication",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("osteoarthritis", "osteoarthritis"),
                            ("injury", "injury"),
                            ("deformity", "deformity"),
                            ("other", "other"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "compartment",
                    models.CharField(
                        blank=True, choices=[("medial", "medial"), ("lateral", "lateral")], default="", max_length=24
                    ),
                ),
                (
                    "fixation",
                    models.CharField(
                        blank=True,
                        choices=[("long_locking", "long locking"), ("short_plate", "short plate"), ("other", "other")],
                        default="",
                        max_length=24,
                    ),
                ),
                ("plate", models.CharField(blank=True, default="", max_length=80)),
                ("graft", models.CharField(blank=True, default="", max_length=80)),
                (
                    "correction_planned",
                    models.DecimalField(
                        decimal_places=1, max_digits=4, null=True, verbose_name="planned correction, degrees"
                    ),
                ),
                (
                    "correction_achieved",
                    models.DecimalField(
                        decimal_places=1, max_digits=4, null=True, verbose_name="achieved correction, degrees"
                    ),
                ),
                (
                    "baseline_pain",
                    models.PositiveSmallIntegerField(
                        null=True, validators=[django.core.validators.MaxValueValidator(10)]
                    ),
                ),
                (
                    "baseline_flexion",
                    models.PositiveSmallIntegerField(null=True, verbose_name="bend before surgery, degrees"),
                ),
                ("baseline_scores", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=8),
                ),
                ("created_at", models.DateTimeField()),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "surgeon",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="episodes", to="tracker.clinic"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="episodes", to="tracker.patient"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "state"], name="episode_clinic_state")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("patient", "side"),
                        name="one_open_episode_a_knee",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("baseline_pain__isnull", True), ("baseline_pain__lte", 10), _connector="OR"
                        ),
                        name="baseline_pain_0_10",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("procedure__in", ["MOWHTO", "LCWHTO", "MCWDFO", "LOWDFO", "DLO"])),
                        name="procedure_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("side__in", ["left", "right"])), name="side_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "episode",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="assessment",
                        serialize=False,
                        to="tracker.episode",
                    ),
                ),
                ("as_of", models.DateField()),
                ("computed_at", models.DateTimeField()),
                ("core_version", models.CharField(max_length=20)),
                ("fingerprint", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("alert", "alert"),
                            ("behind", "behind"),
                            ("stale", "stale"),
                            ("on_track", "on track"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "attention",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "EMERGENCY"),
                            (1, "SAME_DAY"),
                            (2, "NOT_EVALUATED"),
                            (3, "SOON"),
                            (4, "GATE_DUE"),
                            (5, "OVER_LOADING"),
                            (6, "UNSEEN"),
                            (7, "THIS_WEEK"),
                            (8, "BEHIND"),
                            (9, "SILENT"),
                            (10, "ROUTINE"),
                            (11, "ON_TRACK"),
                        ]
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("findings", models.JSONField(default=list)),
                ("milestones", models.JSONField(default=list)),
                ("pain", models.JSONField(default=dict)),
                ("flexion", models.JSONField(default=dict)),
                ("load", models.JSONField(default=dict)),
                ("surgery_date", models.DateField()),
                ("phase", models.PositiveSmallIntegerField()),
                ("term", models.CharField(max_length=8)),
                ("max_percent", models.PositiveSmallIntegerField()),
                ("max_kg", models.PositiveSmallIntegerField(null=True)),
                ("seen", models.BooleanField(null=True)),
                ("open_alerts", models.PositiveSmallIntegerField(default=0)),
                ("sparkline", models.JSONField(default=dict)),
                ("last_check_in", models.DateField(null=True)),
                ("last_check_in_at", models.DateTimeField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tracker.clinic"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "attention", "surgery_date"], name="worklist_order")],
            },
        ),
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("date", models.DateField()),
                ("pain_rest", models.SmallIntegerField(null=True)),
                ("pain_load", models.SmallIntegerField(null=True)),
                ("pain_worst", models.SmallIntegerField(null=True)),
                ("pain_night", models.SmallIntegerField(null=True)),
                (
                    "pain_site",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("inside_joint", "inside joint"),
                            ("bone_cut", "bone cut"),
                            ("plate", "plate"),
                            ("calf", "calf"),
                            ("elsewhere", "elsewhere"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "reported_load",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "none"),
                            ("touch", "touch"),
                            ("quarter", "quarter"),
                            ("half", "half"),
                            ("most", "most"),
                            ("full", "full"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                ("reported_load_kg", models.DecimalField(decimal_places=1, max_digits=5, null=True)),
                (
                    "aids",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("two_crutches", "two crutches"),
                            ("one_crutch", "one crutch"),
                            ("stick", "stick"),
                            ("none", "none"),
                        ],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "exercises",
                    models.CharField(
                        blank=True,
                        choices=[("none", "none"), ("some", "some"), ("all", "all")],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "swelling",
                    models.CharField(
                        blank=True,
                        choices=[("none", "none"), ("mild", "mild"), ("moderate", "moderate"), ("severe", "severe")],
                        default="",
                        max_length=24,
                    ),
                ),
                (
                    "analgesia",
                    models.CharField(
                        blank=True,
                        choices=[("none", "none"), ("simple", "simple"), ("opioid", "opioid")],
                        default="",
                        max_length=24,
                    ),
                ),
                ("pain_eased", models.BooleanField(null=True)),
                ("can_load", models.BooleanField(null=True)),
                ("symptoms", models.JSONField(null=True)),
                (
                    "fall",
                    models.CharField(
                        blank=True,
                        choices=[("none", "none"), ("slip", "slip"), ("fall", "fall"), ("twist", "twist")],
                        default="",
                        max_length=24,
                    ),
                ),
                ("note_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("entered_at", models.DateTimeField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("patient", "patient"),
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                ("client_key", models.UUIDField(null=True)),
                ("limit_percent", models.PositiveSmallIntegerField(null=True)),
                ("limit_kg", models.PositiveSmallIntegerField(null=True)),
                ("core_version", models.CharField(max_length=20)),
                ("findings", models.JSONField(default=list)),
                (
                    "amends",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amended_by",
                        to="tracker.checkin",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "earlier",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tracker.checkin"
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="check_ins", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "date", "entered_at"], name="check_in_by_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pain_rest__isnull", True), ("pain_rest__range", (0, 10)), _connector="OR"),
                        name="check_in_pain_rest_0_10",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pain_load__isnull", True), ("pain_load__range", (0, 10)), _connector="OR"),
                        name="check_in_pain_load_0_10",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pain_worst__isnull", True), ("pain_worst__range", (0, 10)), _connector="OR"
                        ),
                        name="check_in_pain_worst_0_10",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pain_night__isnull", True), ("pain_night__range", (0, 10)), _connector="OR"
                        ),
                        name="check_in_pain_night_0_10",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reported_load_kg__isnull", True), ("reported_load_kg__range", (0, 250)), _connector="OR"
                        ),
                        name="check_in_load_kg_0_250",
                    ),
                    models.UniqueConstraint(fields=("episode", "client_key"), name="check_in_client_key_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40)),
                (
                    "urgency",
                    models.CharField(
                        choices=[("R0", "R0"), ("R1", "R1"), ("R2", "R2"), ("R3", "R3"), ("R4", "R4")], max_length=24
                    ),
                ),
                ("cause", models.CharField(max_length=120)),
                ("evidence", models.JSONField(default=dict)),
                ("sentence", models.CharField(max_length=300)),
                ("opened_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="tracker.episode"
                    ),
                ),
                (
                    "check_in",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="tracker.checkin",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "opened_at"], name="alert_by_episode")],
                "constraints": [
                    models.UniqueConstraint(fields=("episode", "code", "cause"), name="alert_once_a_cause"),
                    models.CheckConstraint(
                        condition=models.Q(("urgency__in", ["R0", "R1", "R2", "R3", "R4"])), name="alert_urgency_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("acknowledged", "Acknowledged"),
                            ("handed_over", "Handed Over"),
                            ("source_changed", "Source Changed"),
                            ("closed", "Closed"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("advice", "Advice given"),
                            ("seen", "Seen in person"),
                            ("emergency", "Sent to emergency care"),
                            ("review", "Review booked"),
                            ("restriction", "Restriction changed"),
                            ("no_action", "No action needed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="tracker.alert"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "closed")), fields=("alert",), name="alert_closed_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "closed"), _negated=True),
                            models.Q(("outcome", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="alert_closed_with_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "source_changed"), ("by__isnull", False), _connector="OR"),
                        name="alert_event_has_author",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Clearance",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "gate",
                    models.CharField(
                        choices=[("W11", "W11"), ("G6", "G6"), ("G8", "G8"), ("G10", "G10"), ("G12", "G12")],
                        max_length=24,
                    ),
                ),
                ("decision", models.CharField(choices=[("cleared", "cleared"), ("refused", "refused")], max_length=24)),
                ("basis_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("decided_on", models.DateField()),
                ("entered_at", models.DateTimeField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("patient", "patient"),
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clearances", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "entered_at"], name="clearance_by_episode")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gate__in", ["W11", "G6", "G8", "G10", "G12"])), name="clearance_gate_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["cleared", "refused"])), name="clearance_decision_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("role", models.CharField(blank=True, max_length=24)),
                ("action", models.CharField(max_length=60)),
                ("object_id", models.CharField(blank=True, max_length=40)),
                ("detail", models.JSONField(default=dict)),
                (
                    "episode",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="tracker.episode"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="tracker.clinic"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "at"], name="audit_by_episode")],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40)),
                ("cause", models.CharField(max_length=120)),
                ("max_percent", models.PositiveSmallIntegerField()),
                ("cap_kg", models.DecimalField(decimal_places=1, max_digits=5, null=True)),
                ("full", models.BooleanField()),
                ("put_back", models.BooleanField()),
                ("since", models.DateField()),
                ("entered_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("episode", "code", "cause"), name="hold_once_a_cause"),
                    models.CheckConstraint(condition=models.Q(("max_percent__lte", 100)), name="hold_percent_0_100"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HoldRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("released_on", models.DateField()),
                ("at", models.DateTimeField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("patient", "patient"),
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                ("basis_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="release", to="tracker.hold"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("flexion", "Bend"),
                            ("extension_deficit", "Missing extension"),
                            ("slr_lag", "Straight-leg-raise lag"),
                            ("quad_lsi", "Thigh strength, side to side"),
                            ("calf_difference_cm", "Calf difference"),
                            ("temperature_c", "Temperature"),
                            ("body_weight_kg", "Body weight"),
                            ("step_load_kg", "Load on a scale"),
                            ("single_leg_stance_s", "Single-leg stance"),
                            ("walk_no_limp_m", "Walk without a limp"),
                            ("hka_change_deg", "Leg-line change between films"),
                            ("wbl_change_points", "Weight-line change between films"),
                        ],
                        max_length=24,
                    ),
                ),
                ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                ("unit", models.CharField(max_length=8)),
                ("measured_on", models.DateField()),
                ("entered_at", models.DateTimeField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("patient", "patient"),
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="measurements", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "measured_on"], name="measurement_by_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "flexion"), ("unit", "deg"), ("value__range", (Decimal("0"), Decimal("160")))
                            ),
                            models.Q(
                                ("kind", "extension_deficit"),
                                ("unit", "deg"),
                                ("value__range", (Decimal("-15"), Decimal("60"))),
                            ),
                            models.Q(
                                ("kind", "slr_lag"), ("unit", "deg"), ("value__range", (Decimal("0"), Decimal("60")))
                            ),
                            models.Q(
                                ("kind", "quad_lsi"), ("unit", "%"), ("value__range", (Decimal("0"), Decimal("150")))
                            ),
                            models.Q(
                                ("kind", "calf_difference_cm"),
                                ("unit", "cm"),
                                ("value__range", (Decimal("-10"), Decimal("20"))),
                            ),
                            models.Q(
                                ("kind", "temperature_c"),
                                ("unit", "C"),
                                ("value__range", (Decimal("33"), Decimal("43"))),
                            ),
                            models.Q(
                                ("kind", "body_weight_kg"),
                                ("unit", "kg"),
                                ("value__range", (Decimal("30"), Decimal("250"))),
                            ),
                            models.Q(
                                ("kind", "step_load_kg"),
                                ("unit", "kg"),
                                ("value__range", (Decimal("0"), Decimal("250"))),
                            ),
                            models.Q(
                                ("kind", "single_leg_stance_s"),
                                ("unit", "s"),
                                ("value__range", (Decimal("0"), Decimal("300"))),
                            ),
                            models.Q(
                                ("kind", "walk_no_limp_m"),
                                ("unit", "m"),
                                ("value__range", (Decimal("0"), Decimal("5000"))),
                            ),
                            models.Q(
                                ("kind", "hka_change_deg"),
                                ("unit", "deg"),
                                ("value__range", (Decimal("-20"), Decimal("20"))),
                            ),
                            models.Q(
                                ("kind", "wbl_change_points"),
                                ("unit", "points"),
                                ("value__range", (Decimal("-100"), Decimal("100"))),
                            ),
                            _connector="OR",
                        ),
                        name="measurement_in_range",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MilestoneRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=24)),
                ("reached_on", models.DateField()),
                ("value", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                ("entered_at", models.DateTimeField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("patient", "patient"),
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="milestone_records",
                        to="tracker.episode",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "key"], name="milestone_by_key")],
            },
        ),
        migrations.CreateModel(
            name="MilestoneEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("confirmed", "Confirmed"), ("withdrawn", "Withdrawn")], max_length=12),
                ),
                ("at", models.DateTimeField()),
                ("reason_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="tracker.milestonerecord"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("record", "kind"), name="milestone_event_once")],
            },
        ),
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("rule", models.CharField(max_length=32)),
                ("local_date", models.DateField()),
                ("slot", models.CharField(blank=True, max_length=80)),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "Planned"), ("cancelled", "Cancelled")], default="planned", max_length=12
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="tracker.episode"),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="occurrences", to="tracker.patient"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "planned")),
                        fields=("patient", "rule", "local_date", "slot"),
                        name="occurrence_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("dedupe_key", models.CharField(max_length=200, unique=True)),
                (
                    "nature",
                    models.CharField(
                        choices=[("reminder", "At most once"), ("notice", "At least once, a repeat is marked")],
                        max_length=12,
                    ),
                ),
                ("kind", models.CharField(max_length=32)),
                ("channel", models.CharField(max_length=12)),
                ("urgent", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Waiting for its time or its turn"),
                            ("claimed", "A sender has taken it"),
                            ("sending", "Being handed to the mail provider"),
                            ("sent", "The mail provider took it"),
                            ("uncertain", "The line broke while handing it over: it may or may not arrive"),
                            ("failed", "Refused for good"),
                            ("dead", "Given up after many tries"),
                            ("expired", "Its time passed before it could be sent"),
                            ("cancelled", "No longer needed"),
                        ],
                        default="due",
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=120)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("holder", models.CharField(blank=True, max_length=40)),
                ("fence", models.PositiveIntegerField(default=0)),
                ("message_id", models.CharField(blank=True, max_length=120)),
                ("repeat", models.BooleanField(default=False)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="tracker.clinic"),
                ),
                (
                    "episode",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="tracker.episode"),
                ),
                (
                    "occurrence",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="tracker.occurrence",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="tracker.patient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "due")), fields=["urgent", "due_at"], name="outbox_due"),
                    models.Index(
                        condition=models.Q(("state__in", ["claimed", "sending"])),
                        fields=["lease_until"],
                        name="outbox_leased",
                    ),
                    models.Index(condition=models.Q(("state", "due")), fields=["expires_at"], name="outbox_expiring"),
                    models.Index(fields=["state", "finished_at"], name="outbox_by_state"),
                    models.Index(fields=["patient", "kind", "state"], name="outbox_by_patient"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("patient__isnull", False), ("recipient__isnull", False), _connector="OR"),
                        name="outbox_has_reader",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fence", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[("sent", "Sent"), ("refused", "Refused"), ("unsure", "Unsure")],
                        max_length=12,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tries", to="tracker.outboxmessage"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("message", "fence"), name="attempt_once_a_claim")],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("text", models.TextField(max_length=2000)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="tracker.patient"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("patient", "digest"), name="note_once")],
            },
        ),
        migrations.CreateModel(
            name="Protocol",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=40)),
                ("version", models.PositiveIntegerField()),
                ("body", models.JSONField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="tracker.clinic"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "key", "version"), name="protocol_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("clinic", None)),
                        fields=("key", "version"),
                        name="protocol_shipped_version_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EpisodeFact",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("surgery_date", "surgery date"),
                            ("protocol", "protocol"),
                            ("body_weight_kg", "body weight kg"),
                            ("modifier", "modifier"),
                        ],
                        max_length=24,
                    ),
                ),
                ("value", models.CharField(max_length=40)),
                ("since", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("reason_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="facts", to="tracker.episode"
                    ),
                ),
                (
                    "protocol",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="tracker.protocol"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "recorded_at"], name="fact_by_episode")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["surgery_date", "protocol", "body_weight_kg", "modifier"])),
                        name="fact_kind_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FactWithdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("reason_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "fact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="withdrawal", to="tracker.episodefact"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReminderPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32)),
                ("at", models.TimeField()),
                ("enabled", models.BooleanField(default=True)),
                ("channels", models.JSONField(default=tracker.models.reminders.by_email)),
                ("next_due_at", models.DateTimeField(db_index=True, null=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reminder_plans", to="tracker.patient"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("patient", "kind"), name="reminder_plan_once")],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("wound", "wound"),
                            ("physio", "physio"),
                            ("xray", "xray"),
                            ("long_leg", "long leg"),
                            ("clinic", "clinic"),
                        ],
                        max_length=24,
                    ),
                ),
                ("key", models.CharField(max_length=24)),
                ("window_from", models.DateField()),
                ("window_to", models.DateField()),
                ("booked_at", models.DateTimeField(blank=True, null=True)),
                ("done_on", models.DateField(blank=True, null=True)),
                ("result", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("episode", "key"), name="review_once")],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("plan", "Plan"),
                            ("clearance", "Clearance"),
                            ("refusal", "Refusal"),
                            ("order", "Order"),
                            ("release", "Release"),
                            ("fact", "Fact"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("patient", "patient"),
                            ("physiotherapist", "physiotherapist"),
                            ("surgeon", "surgeon"),
                            ("coordinator", "coordinator"),
                            ("auditor", "auditor"),
                        ],
                        max_length=24,
                    ),
                ),
                ("authority", models.BooleanField()),
                ("weight_kg", models.DecimalField(decimal_places=1, max_digits=5)),
                ("signed_at", models.DateTimeField()),
                ("reason_digest", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "signed_at"], name="signature_by_episode")],
            },
        ),
        migrations.CreateModel(
            name="Restriction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "loading",
                    models.CharField(
                        choices=[("non", "non"), ("limited", "limited"), ("unrestricted", "unrestricted")],
                        max_length=24,
                    ),
                ),
                (
                    "term",
                    models.CharField(
                        choices=[("NWB", "NWB"), ("TTWB", "TTWB"), ("PWB", "PWB"), ("WBAT", "WBAT"), ("FWB", "FWB")],
                        max_length=24,
                    ),
                ),
                ("max_percent", models.PositiveSmallIntegerField()),
                ("cap_kg", models.DecimalField(decimal_places=1, max_digits=5, null=True)),
                ("full", models.BooleanField()),
                ("max_kg", models.PositiveSmallIntegerField(null=True)),
                (
                    "aids",
                    models.CharField(
                        choices=[
                            ("two_crutches", "two crutches"),
                            ("one_crutch", "one crutch"),
                            ("stick", "stick"),
                            ("none", "none"),
                        ],
                        max_length=24,
                    ),
                ),
                ("brace_min", models.SmallIntegerField(null=True, verbose_name="brace from, degrees")),
                ("brace_max", models.SmallIntegerField(null=True, verbose_name="brace to, degrees")),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("plan", "Plan"),
                            ("clearance", "Clearance"),
                            ("refusal", "Refusal"),
                            ("order", "Order"),
                            ("release", "Release"),
                            ("fact", "Fact"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "gate",
                    models.CharField(
                        blank=True,
                        choices=[("W11", "W11"), ("G6", "G6"), ("G8", "G8"), ("G10", "G10"), ("G12", "G12")],
                        default="",
                        max_length=24,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="restrictions", to="tracker.episode"
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tracker.restriction",
                    ),
                ),
                (
                    "signature",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="restrictions", to="tracker.signature"
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded",
                        to="tracker.signature",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "starts_on"], name="restriction_by_episode")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("max_percent__lte", 100)), name="restriction_percent_0_100"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True), ("ends_on__gt", models.F("starts_on")), _connector="OR"
                        ),
                        name="restriction_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("full", False), models.Q(("cap_kg__isnull", True), ("max_percent", 100)), _connector="OR"
                        ),
                        name="restriction_full_is_full",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_percent", 100), ("max_kg__isnull", False), _connector="OR"),
                        name="restriction_kg_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("loading__in", ["non", "limited", "unrestricted"])),
                        name="restriction_loading_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("term__in", ["NWB", "TTWB", "PWB", "WBAT", "FWB"])),
                        name="restriction_term_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "restriction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="tracker.restriction",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StaffLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("next_look_on", models.DateField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="looks", to="tracker.episode"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["episode", "at"], name="look_by_episode")],
            },
        ),
    ]
