"""Who may look at the dashboard: accounts, sessions, and the door in front of Streamlit."""
