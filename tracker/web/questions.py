"""What a check-in asks, in a patient's words."""

from __future__ import annotations

from tracker.clinical.terms import Symptom

NONE_OF_THESE = "none_of_these"

SCORES = [str(score) for score in range(11)]
YES_NO = [("yes", "Yes"), ("no", "No")]

WORDS: dict[str, list[tuple[str, str]]] = {
    "reported_load": [
        ("none", "None, foot off the floor"),
        ("touch", "Only a touch"),
        ("quarter", "A quarter of my weight"),
        ("half", "Half"),
        ("most", "Most"),
        ("full", "All my weight"),
    ],
    "aids": [("two_crutches", "Two crutches"), ("one_crutch", "One crutch"), ("stick", "A stick"), ("none", "Nothing")],
    "exercises": [("all", "All"), ("some", "Some"), ("none", "None")],
    "fall": [("none", "No"), ("slip", "Slipped, did not fall"), ("fall", "Fell"), ("twist", "Twisted the knee")],
    "pain_site": [
        ("inside_joint", "Inside the knee"),
        ("bone_cut", "At the bone cut"),
        ("plate", "At the plate"),
        ("calf", "In the calf"),
        ("elsewhere", "Somewhere else"),
    ],
    "swelling": [("none", "None"), ("mild", "A little"), ("moderate", "Clearly swollen"), ("severe", "Very swollen")],
    "analgesia": [
        ("none", "None"),
        ("simple", "Simple ones, such as paracetamol"),
        ("opioid", "Strong ones (opioids)"),
    ],
    "can_load": YES_NO,
    "pain_eased": YES_NO,
}
"""Each answer in a patient's words, by question and code."""

SYMPTOMS: list[tuple[str, list[tuple[Symptom, str]]]] = [
    (
        "Chest and breathing",
        [
            (Symptom.BREATHLESS, "Newly short of breath"),
            (Symptom.CHEST_PAIN, "Pain in my chest"),
            (Symptom.COUGH_BLOOD, "Coughing up blood"),
            (Symptom.FAINT, "Fainted, or nearly"),
        ],
    ),
    (
        "Foot and lower leg",
        [
            (Symptom.FOOT_COLD, "Foot is cold"),
            (Symptom.FOOT_WHITE, "Foot is white or blue"),
            (Symptom.LEG_TIGHT, "Leg is rock-hard"),
            (Symptom.TOES_NUMB, "Toes are numb"),
            (Symptom.TOE_STRETCH_PAIN, "Bending my toes up hurts badly"),
            (Symptom.FOOT_DROP, "I cannot pull my toes up"),
            (Symptom.CALF_SORE, "One calf is sore, warm or bigger"),
        ],
    ),
    (
        "Wound and fever",
        [
            (Symptom.FEVER, "Fever, 38 °C or more"),
            (Symptom.RIGORS, "Shivering"),
            (Symptom.WOUND_LEAK, "Wound is leaking"),
            (Symptom.WOUND_RED, "Redness is spreading"),
        ],
    ),
    (
        "Knee and mood",
        [
            (Symptom.LEG_SHAPE, "Leg looks more bent than last week"),
            (Symptom.NEW_CLICK, "A new click or crack"),
            (Symptom.PLATE_SORE, "Metal is sore to touch"),
            (Symptom.LOW_MOOD, "Feeling low most of the day"),
        ],
    ),
]
"""Every symptom in a patient's words, in the groups that the page shows."""

LEGENDS = {
    "date": "Which day",
    "pain_load": "Pain when you put weight on the leg",
    "pain_worst": "Worst pain in the last 24 hours",
    "reported_load": "Weight on the leg",
    "aids": "Walking aids",
    "exercises": "Exercises",
    "symptoms": "Anything of this",
    "fall": "Fall",
    "can_load": "Standing on the leg",
    "pain_rest": "Pain at rest",
    "pain_night": "Pain at night",
    "pain_site": "Where it hurts",
    "swelling": "Swelling",
    "analgesia": "Pain medicine",
    "pain_eased": "Did it help",
    "reported_load_kg": "Weight in kg",
    "note": "Note",
}
"""The questions in the order of the page, by a short name for the list of what to look at again."""

UNDER_MORE = (
    "pain_rest", "pain_night", "pain_site", "swelling", "analgesia", "pain_eased", "reported_load_kg", "note",
)  # fmt: skip
